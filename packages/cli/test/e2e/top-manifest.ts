/** Two apps, one of which needs the other: what the tests of `top` show. */
export const manifest = `
name: shop
services:
  db:
    command: echo the database listens; exec sleep 1000
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
  web:
    command: exec sleep 1000
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
    depends_on: [db]
`;
