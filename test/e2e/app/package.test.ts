import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import packageJson from "../../../package.json";
import { buildApp, builtApp } from "./built-app";
import { openWorld, type DeployedApp } from "./world";

const projectRoot = path.resolve(__dirname, "../../..");

let world: DeployedApp;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe("the app in the hosts of these tests", () => {
  it("consists of the four files of the package, outside the project", () => {
    expect(new Set(readdirSync(world.app.folder, { recursive: true, encoding: "utf8" }))).toEqual(
      new Set(["functions.js", "host.json", "openapi.json", "package.json"]),
    );
    expect(path.relative(projectRoot, world.app.folder)).toMatch(/^\.\./);
  });

  it("loads the bundle and no other file", async () => {
    const host = await world.host([world.place({ name: "render" })]);
    const [started = "{}"] = host.lines.filter((line) => line.startsWith('{"event":"HostStarted"'));
    expect(JSON.parse(started)).toMatchObject({ loaded: [path.join(world.app.folder, "functions.js")], inError: {} });
  });

  it("includes all dependencies except that of the host", () => {
    const bundle = readFileSync(path.join(world.app.folder, "functions.js"), "utf8");
    const required = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name);
    const notNodes = required.filter((name) => !process.getBuiltinModule(name));
    expect([...new Set(notNodes)]).toEqual(["@azure/functions-core"]);
  });

  it("is the project's bundle if that is up to date, or otherwise a separate build", async () => {
    const [one, other] = [await builtApp(), await buildApp()];
    try {
      const [text, otherText] = [one, other].map(({ folder }) =>
        readFileSync(path.join(folder, "functions.js"), "utf8"),
      );
      expect(text).toBe(otherText);
      expect(JSON.parse(readFileSync(path.join(one.folder, "package.json"), "utf8"))).toEqual({
        name: packageJson.name,
        version: packageJson.version,
        main: "functions.js",
        engines: packageJson.engines,
      });
    } finally {
      for (const app of [one, other]) app.remove();
    }
  });
});
