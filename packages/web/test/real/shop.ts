/** A project with an app for each way of being. `HOLDFAST_WEB_TEST` marks what was started, to be ended in any case. */
const marked = 'environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST", API_TOKEN: "s3cret", MODE: "test" }';

export const shop: string = `name: shop
services:
  db:
    command: sh -c 'echo ready; exec sleep 1000'
    ${marked}
    healthcheck: { test: ["CMD", "true"], interval: 1s }
  web:
    command: ["sh", "-c", "printf '\\\\033[31mred\\\\033[0m line\\\\n'; echo 'error: cannot find the cart'; exec sleep 1000"]
    ${marked}
    labels: { tier: front }
    depends_on: { db: { condition: service_healthy } }
  pair:
    command: sleep 1000
    ${marked}
    deploy: { replicas: 2 }
  crasher:
    command: sh -c 'echo going down; exit 3'
    ${marked}
    restart: always
  broken:
    command: sh -c 'exit 7'
    ${marked}
    restart: "no"
  stubborn:
    command: sh -c 'trap "" TERM; while true; do sleep 0.1; done'
    ${marked}
    stop_grace_period: 3s
  never:
    command: sleep 1000
    ${marked}
    healthcheck: { test: ["CMD", "false"], interval: 1s, start_period: 600s }
  waiting:
    command: sleep 1000
    ${marked}
    depends_on: { never: { condition: service_healthy } }
`;
