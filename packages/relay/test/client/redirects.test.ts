import { followingRedirects, type HttpRequest, type HttpTransport } from "@holdfast/relay";
import { ShutdownToken } from "@holdfast/runtime";
import { expect, test } from "vitest";

/** Answers each URL with where it leads to, or with 200. */
function network(routes: Readonly<Record<string, readonly [status: number, location: string]>>) {
  const asked: HttpRequest[] = [];
  const transport: HttpTransport = async (request) => {
    asked.push(request);
    const [status, location] = routes[request.url.href] ?? [200, ""];
    const body = async function* () {
      yield new Uint8Array();
    };
    return { status, header: (name) => (name === "location" ? location : undefined), body: body() };
  };
  const ask = (href: string, more: Partial<HttpRequest> = {}) =>
    followingRedirects(transport)({
      ...{ url: new URL(href), method: "GET", headers: { authorization: "Bearer x", accept: "a/b" } },
      ...{ token: new ShutdownToken(), ...more },
    });
  return { asked, ask };
}

test("within one origin the token goes along", async () => {
  const { asked, ask } = network({ "https://a.example/1": [307, "/2"] });
  expect((await ask("https://a.example/1")).status).toBe(200);
  expect(asked.at(-1)).toMatchObject({
    url: { href: "https://a.example/2" },
    headers: { authorization: "Bearer x" },
  });
});

test.each(["https://b.example/", "https://a.example:444/", "https://a.example.evil/"])(
  "W-08 no token goes along to %s",
  async (to) => {
    const { asked, ask } = network({ "https://a.example/": [301, to] });
    await ask("https://a.example/");
    expect(asked.at(-1)?.headers).toEqual({ accept: "a/b" });
  },
);

test.each([
  ["from https to http", "http://a.example/"],
  ["to a file", "file:///etc/passwd"],
  ["nowhere", ""],
  ["to what is no URL", "http://[/"],
])("W-08 a redirect %s is refused", async (_, to) => {
  const { asked, ask } = network({ "https://a.example/": [302, to] });
  await expect(ask("https://a.example/")).rejects.toMatchObject({ code: "BAD_REDIRECT" });
  expect(asked).toHaveLength(1);
});

test("a body is sent again by 307 and 308 only, and five redirects are the most", async () => {
  const { ask } = network({
    ...{ "http://a.example/moved": [301, "/"], "http://a.example/kept": [308, "/"] },
    "http://a.example/round": [307, "/round"],
  });
  const post = { method: "POST", body: "{}" };
  await expect(ask("http://a.example/moved", post)).rejects.toMatchObject({ code: "BAD_REDIRECT" });
  expect((await ask("http://a.example/kept", post)).status).toBe(200);
  await expect(ask("http://a.example/round")).rejects.toMatchObject({ code: "BAD_REDIRECT" });
});
