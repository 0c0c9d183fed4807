import { systemClock } from "@holdfast/runtime";
import { createRoot } from "react-dom/client";
import { browserNetwork } from "./browser/network.ts";
import { Connection } from "./connection/connection.ts";
import { Frame } from "./shell/frame.tsx";
import { Notices } from "./state/notices.ts";
import { PageContext } from "./state/page.ts";
import { PageStore } from "./state/page-store.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";

const store = new PageStore();
const connection = new Connection(browserNetwork, store, systemClock);
const notices = new Notices();

const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
// It is good once: nobody shall find it in the history.
if (code !== undefined) history.replaceState(null, "", "#/");

const root = document.querySelector("#page");
if (root !== null) {
  createRoot(root).render(
    <PageContext value={{ store, connection, notices }}>
      <Frame />
    </PageContext>,
  );
}
notices.watch(connection.run(code));
