export { loadCompose } from "./load-compose.ts";
