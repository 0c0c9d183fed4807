/** A network that can be broken: TCP through this process, to a server on the loopback. */
import { type AddressInfo, createServer, connect as netConnect, type Socket } from "node:net";

/** What happens to bytes. `up` is towards the server. */
export interface ProxyWeather {
  /** New connections are reset. */
  readonly refuses?: boolean;
  /** Bytes are taken and never arrive, in one direction or both: nobody is told. */
  readonly swallows?: "up" | "down" | "both";
}

/** A proxy in front of one port. */
export interface TcpProxy extends AsyncDisposable {
  readonly url: string;
  /** Connections that were made, in all. */
  readonly connections: number;
  set(weather: ProxyWeather): void;
  /** Resets every connection there is. */
  cut(): void;
}

/** Listens on the loopback, in front of `target`, a URL of it. */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const port = Number(new URL(target).port);
  const pairs = new Set<readonly [Socket, Socket]>();
  let weather: ProxyWeather = {};
  let connections = 0;

  const pass = (from: Socket, to: Socket, way: "up" | "down"): void => {
    from.on("data", (bytes) => {
      if (weather.swallows === way || weather.swallows === "both") return;
      if (to.write(bytes)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
    from.on("end", () => {
      if (weather.swallows === undefined) to.end();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections++;
    if (weather.refuses) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const upstream = netConnect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        // A network that swallows also swallows the news of an end.
        if (weather.swallows === undefined) for (const each of pair) each.destroy();
      });
    }
    pass(client, upstream, "up");
    pass(upstream, client, "down");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    set: (next) => {
      weather = next;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
