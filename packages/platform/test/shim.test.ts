import { describeLauncher } from "./launcher-compliance.ts";

describeLauncher("shim");
