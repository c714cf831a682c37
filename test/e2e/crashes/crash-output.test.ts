import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { buildBundle } from "../../tools/build";
import { searchFor } from "../app/key-search";
import { startHostProcess } from "../local-host/fixture-host";

const account = "crashweu";
const folder = mkdtempSync(path.join(tmpdir(), "crashing-app-"));
let emulators: Emulators;

beforeAll(async () => {
  emulators = await startEmulators();
  emulators.batch.addAccount({ name: account });
  emulators.faults.add({ route: "arm.listKeys", when: "after", kind: "unexpected202" });
  for (const name of ["guarded", "crash"]) {
    await buildBundle({
      entry: path.join(__dirname, "fixture", `${name}.ts`),
      outfile: path.join(folder, name, "dist/app.js"),
    });
    copyFileSync(path.resolve(__dirname, "../../../host.json"), path.join(folder, name, "host.json"));
    writeFileSync(path.join(folder, name, "package.json"), JSON.stringify({ name, main: "dist/app.js" }));
  }
});
afterAll(async () => {
  await emulators.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The output of a host whose app ends by an uncaught SDK error. */
const crash = async (app: "guarded" | "crash", how: string) => {
  const host = startHostProcess(path.join(folder, app), {
    ...emulators.env,
    CRASH_SUBSCRIPTION: emulators.subscriptionId,
    CRASH_GROUP: "rg-batch",
    CRASH_ACCOUNT: account,
  });
  const { port } = await host.started();
  await fetch(`http://127.0.0.1:${port}/api/crash/${how}`).catch(() => undefined);
  const { code } = await host.child.ended;
  return {
    code,
    lines: host.lines,
    found: searchFor(Object.values(emulators.batch.keys(account)))(host.lines.join("\n")),
  };
};

describe.each(["unhandledRejection", "uncaughtException"])("a process that ends by an %s", (how) => {
  it("prints the source location, and no key", async () => {
    const { code, lines, found } = await crash("guarded", how);
    expect(found).toEqual([]);
    expect(code).toBe(1);
    const line = lines.find((each) => each.includes('"ProcessCrashed"')) ?? "{}";
    expect(JSON.parse(line)).toMatchObject({ event: "ProcessCrashed", reason: how });
    expect(line).toContain("RestError");
    expect(line).toMatch(/at \S+/);
  });

  it("would print both keys without the guard", async () => {
    const { found } = await crash("crash", how);
    expect(found).toEqual(expect.arrayContaining(["a part of key 0", "a part of key 1"]));
  });
});
