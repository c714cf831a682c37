import { aConsumer } from "../builders/account";
import { hours } from "../builders/time";
import { CommandLine, fetchOf } from "../rig/command-line";
import { adopted, openRig, published, type ServedRig } from "../rig/served-place";

const soakless = { gate: { soakMs: 0 } } as const;

let rig: ServedRig;
let line: CommandLine;
beforeEach(async () => {
  rig = await openRig();
  line = new CommandLine(rig);
});

const yes = ["--reason", "vm-1 was removed", "--yes"];

test("an account that is stuck on one app is found, understood and released", async () => {
  const { at, vm } = await published(rig, soakless);
  await vm.report();
  rig.clock.advance(hours(2));
  await vm.report();

  const list = await line.run(["status"]);
  expect(list.code).toBe(0);
  expect(list.out).toMatch(
    /^ACCOUNT +STANDING +PHASE +REASON +SINCE +NEXT DUE\nrender-weu +waits for an app +published/,
  );
  expect(list.out).toContain(
    "do: restart that instance, so that it reads the new secret\n  next, only if it runs no more:",
  );
  const next = /npx batch-key-rotator (approve render-weu) --reason "<why>"\n/.exec(list.out)?.[1] ?? "";

  const one = await line.run(["status", "render-weu"]);
  expect(one.out).toMatch(
    /\nAPP +STATE +EVIDENCE +INSTANCE +VERSION .*\nrender-api +OnPreviousKey +- +vm-1 +\w{8} \(old\) +yes +yes/,
  );

  const { rotation, secret } = await at.status();
  expect(await line.run([...next.split(" "), ...yes])).toMatchObject({ code: 0, out: expect.stringContaining("idle") });
  expect(line.received.at(-1)).toMatchObject({
    path: "/accounts/render-weu/approve",
    body: {
      reason: "vm-1 was removed",
      phase: "published",
      rotationId: rotation?.id,
      secretVersion: secret.version,
    },
  });
});

describe("status", () => {
  test("ends with 3 where a person must act, and names the remedy", async () => {
    const { at } = await adopted(rig, soakless);
    await at.order("pause", "an incident");
    const ran = await line.run(["status"]);
    expect(ran).toMatchObject({ code: 3, err: "" });
    expect(ran.out).toContain('next:\n    npx batch-key-rotator resume render-weu --reason "<why>"');
    expect((await line.run(["status", "render-weu"])).code).toBe(3);
  });

  test("as JSON is the app's own answer, with who must act", async () => {
    const { at } = await adopted(rig, soakless);
    const { out } = await line.run(["status", "render-weu", "--output", "json"]);
    const { acts, ...status }: { acts: unknown } = JSON.parse(out);
    expect(status).toEqual(await at.status());
    expect(acts).toMatchObject({ standing: "idle", steps: [] });
    const list: { accounts: object[] } = JSON.parse((await line.run(["status", "--output", "json"])).out);
    expect(list.accounts).toEqual([expect.objectContaining({ account: "render-weu", acts })]);
  });

  test("shows a text of an app without its control characters", async () => {
    const { vm } = await published(rig, soakless);
    await vm.refresh().report({ healthy: false, detail: "\u001B[2J\u202Eall is well" });
    const { out } = await line.run(["status"], { env: { NO_COLOR: "1" }, terminal: true });
    expect(out).toContain("all is well");
    expect([out.includes("\u001B"), out.includes("\u202E")]).toEqual([false, false]);
  });
});

describe("colours", () => {
  test.each([
    ["on a terminal", { terminal: true }, true],
    ["in a pipe", {}, false],
    ["on a terminal with NO_COLOR", { terminal: true, env: { NO_COLOR: "1" } }, false],
    ["in a pipe with FORCE_COLOR", { env: { FORCE_COLOR: "1" } }, true],
    ["on a terminal that has none", { terminal: true, env: { TERM: "dumb" } }, false],
  ])("%s", async (_where, options, coloured) => {
    await adopted(rig, soakless);
    expect((await line.run(["status"], options)).out.includes("\u001B[")).toBe(coloured);
  });
});

describe("an order", () => {
  test("shows what is affected and asks; without a yes nothing is changed", async () => {
    const { at, vm } = await published(rig, soakless);
    await vm.report();
    const ran = await line.run(["approve", "render-weu"], { terminal: true, answers: ["the VM is gone", "n"] });
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain(
      "The primary key is regenerated as soon as the rest of the gate is open: it stops working.",
    );
    expect(ran.err).toMatch(/which fail then if they still use the old key:\n {2}render-api: OnPreviousKey \(vm-1 on/);
    expect(line.asked).toEqual(["Reason, for the history: ", "Do it? [y/N] "]);
    expect(await at.phase()).toBe("published");
    await line.run(["approve", "render-weu"], { terminal: true, answers: ["the VM is gone", "y"] });
    expect(await at.phase()).toBe("idle");
  });

  test.each([
    ["without a reason", ["pause", "render-weu", "--yes"], "--reason is missing"],
    ["without a terminal and --yes", ["pause", "render-weu", "--reason", "x"], "add --yes"],
    ["with the reason left to fill in", ["pause", "render-weu", "--yes", "--reason", "<why>"], "replace <why>"],
    ["for a name with a path in it", ["pause", "../fleet", "--yes", "--reason", "x"], "is no name of an account"],
    [
      "with a wrong key of its request",
      ["rotate", "a-b", "--yes", "--reason", "x", "--idempotency-key", "ä"],
      "must be",
    ],
  ])("%s is a usage error, and nothing is sent", async (_what, args, message) => {
    await adopted(rig, soakless);
    expect(await line.run(args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
    expect(line.received.filter(({ method }) => method === "POST")).toEqual([]);
  });

  test("is not carried out where the account has moved on meanwhile", async () => {
    const { at, vm } = await published(rig, soakless);
    const ran = await line.run(["approve", "render-weu", "--reason", "x"], {
      terminal: true,
      fetch: async (url, init) => {
        if (init.method === "POST") await vm.refresh().report();
        return fetchOf(rig)(url, init);
      },
      answers: ["y"],
    });
    expect(ran).toMatchObject({
      code: 1,
      err: expect.stringContaining("PreconditionFailed: phase is idle, not published"),
    });
    expect(at.eventKinds()).not.toContain("Approved");
  });

  test.each([
    ["approve", /POST \/api\/accounts\/render-weu\/approve\n\{/],
    ["rollback", /POST \/api\/accounts\/render-weu\/rollback\n\{/],
    ["rotate", /POST \/api\/accounts\/render-weu\/rotations\n\{/],
    ["pause", /POST \/api\/accounts\/render-weu\/pause\n\{/],
    ["resume", /POST \/api\/accounts\/render-weu\/resume\n\{/],
  ])("%s --dry-run prints its request with the preconditions and sends nothing", async (action, printed) => {
    const { at } = await published(rig, soakless);
    const before = JSON.stringify([await at.status(), at.events]);
    const ran = await line.run([action, "render-weu", "--reason", "a test", "--dry-run"]);
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(printed) });
    expect(ran.out).toContain('"phase": "published"');
    expect(JSON.stringify([await at.status(), at.events])).toBe(before);
  });
});

describe("rotate", () => {
  test("starts one rotation, with the preconditions of what was shown", async () => {
    const { at } = await adopted(rig, { gate: { soakMs: 0, consumers: [aConsumer()] } });
    const ran = await line.run(["rotate", "render-weu", "--reason", "a leak", "--retire-after", "PT15M", "--yes"]);
    expect(ran.code).toBe(0);
    expect(ran.err).toContain("The primary key dies PT15M after publication, whatever the apps say: render-api.");
    expect(await at.status()).toMatchObject({
      phase: "published",
      rotation: { reason: "a leak", retireAfter: "PT15M" },
    });
    expect(line.received.at(-1)?.body).toMatchObject({ phase: "idle", rotationId: null });
  });

  test("a refusal has the app's own reason", async () => {
    await published(rig, soakless);
    expect(await line.run(["rotate", "render-weu", ...yes])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\nbatch-key-rotator: RotationUnderWay: rotation \w+ is under way/),
    });
  });
});
