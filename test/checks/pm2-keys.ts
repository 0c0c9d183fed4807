/** Every key of an app in an ecosystem file and its other names, as pm2 7.0.4 has them in its schema; and `env_NAME`. */
export const pm2Keys: readonly string[] = `
script exec name name_prefix filter_env namespace install_url cwd args exec_interpreter interpreter
node_args interpreterArgs interpreter_args out_file out output out_log error_file error err err_file err_log
log_file log disable_logs log_type log_date_format time env max_memory_restart pid_file pid restart_delay
exp_backoff_restart_delay source_map_support disable_source_map_support wait_ready instances kill_timeout
shutdown_with_message listen_timeout cron_restart cron merge_logs combine_logs vizion autostart autorestart
stop_exit_codes watch_delay watch ignore_watch watch_options min_uptime max_restarts execute_command
exec_mode force append_env_to_name post_update trace disable_trace v8 event_loop_inspector deep_monitoring
increment_var instance_var pmx automation treekill port username uid user gid windowsHide kill_retry_time
write io ^env_\\S*$
`
  .trim()
  .split(/\s+/);
