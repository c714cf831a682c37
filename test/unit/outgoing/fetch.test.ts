import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keepIdentityDirect } from "../../../lib/outgoing/fetch";

const lib = join(__dirname, "../../../lib");

it("no other file calls fetch, so that every call honours the proxy", () => {
  const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const callers = files.filter((name) => /\bfetch\(/.test(readFileSync(join(lib, name), "utf8")));
  expect(callers).toEqual(["outgoing/fetch.ts"]);
});

it.each([
  [{}, "169.254.169.254,localhost,127.0.0.1"],
  [{ IDENTITY_ENDPOINT: "http://169.254.129.4:8081/msi/token" }, "169.254.169.254,localhost,127.0.0.1,169.254.129.4"],
  [{ no_proxy: "a.example,localhost" }, "a.example,localhost,169.254.169.254,127.0.0.1"],
])("the platform's identity endpoint is reached directly: %j", (settings, expected) => {
  const env: Record<string, string | undefined> = { ...settings };
  keepIdentityDirect(env);
  expect(env["NO_PROXY"]).toBe(expected);
});
