/** Keys of the Compose specification that say nothing about a process, and keys of our own that are to come. */

const forContainers =
  "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec develop device_cgroup_rules devices dns dns_opt dns_search domainname expose external_links extra_hosts gpus group_add hostname image init ipc isolation label_file links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models net network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform post_start pre_start pre_stop privileged provider pull_policy pull_refresh_after read_only runtime secrets security_opt shm_size stdin_open storage_opt sysctls tmpfs tty ulimits use_api_socket userns_mode uts volumes volumes_from volume_driver";

/** Compose keys that a container takes as they are, and that a process cannot have. */
export const containerKeys: readonly string[] = forContainers.split(" ");

const onlyContainers = "it is for containers: a service with an image or a build";

/** What to say of keys that are known and that a process service cannot have (yet). */
export const unsupportedForProcess: Readonly<Record<string, string>> = {
  ...Object.fromEntries(containerKeys.map((key) => [key, onlyContainers])),
  volumes: "a process sees the files of the host as they are",
  networks: "a process is on the host's network",
  network_mode: "a process is on the host's network",
  hostname: "a process has the host's name",
  container_name: "a process goes by its service's name",
  expose: "a process is on the host's network; name its ports under ports",
  tty: "a process has no terminal",
  stdin_open: "a process has no standard input",
  init: "every process has one",
  mem_reservation: "nothing is scheduled; mem_limit is a limit",
  memswap_limit: "mem_limit is with swap",
  cpu_quota: "use cpus",
  cpu_shares: "use cpus",
};

/** Our own keys, which a container cannot have. */
export const unsupportedForContainer: Readonly<Record<string, string>> = {
  shell: "the image decides what runs",
  log: "the output of a container is kept by its engine",
  limits: "use deploy.resources.limits",
  watch: "it is for processes",
  on_exit: "it is for processes",
};

/** What `deploy` may say of containers; a process takes replicas, restart_policy and labels alone. */
export const unsupportedInDeploy: Readonly<Record<string, string>> = {
  placement: "there is one machine",
  rollback_config: "a rollback goes as update_config says",
  endpoint_mode: "it is for swarms",
};
