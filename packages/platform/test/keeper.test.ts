import { describeLauncher } from "./launcher-compliance.ts";

describeLauncher("keeper");
