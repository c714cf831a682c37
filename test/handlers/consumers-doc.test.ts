import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { proofHolds } from "../../lib/signals/proof";
import { BatchKey } from "../../lib/batch-key";
import { parseSignal } from "../../lib/signals/signal-schema";
import { aConsumer } from "../builders/account";
import { anEnvironment, problemsOf } from "../unit/config/builders";
import { passing, place, openRig } from "../rig/served-place";

const root = path.resolve(__dirname, "../..");
const page = readFileSync(path.join(root, "docs/consumers.md"), "utf8");

test("the page begins with the question that leads to the shortest way", () => {
  expect(page.split("\n").slice(0, 3)).toEqual(["# How an app takes part", "", "## What kind of app is it?"]);
});

interface Block {
  /** From the comment before the block. */
  readonly kind: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...page.matchAll(/^(?:<!-- block: (.+) -->\n)?```\w+\n([\s\S]*?)\n```$/gm)].map(
  ([, kind = "", text = ""]) => ({ kind, text }),
);
const of = (kind: string): readonly string[] => blocks.filter((block) => block.kind === kind).map(({ text }) => text);
const one = (kind: string): string => {
  const [text, ...others] = of(kind);
  if (text === undefined || others.length > 0) throw new Error(`not one block ${kind}`);
  return text;
};

test("every block of code has a known kind, so that every block is tested", () => {
  expect(page.match(/^```\w/gm)).toHaveLength(blocks.length);
  const client = /^client (node|python|exec)$/;
  const known = /^(file .+|signal|vector|vector key|accounts|status (unseen|adopting|missing|soaking|idle))$/;
  expect(blocks.filter(({ kind }) => !known.test(kind) && !client.test(kind))).toEqual([]);
  expect(blocks.length).toBeGreaterThan(15);
});

test("every file that the page shows equals the tested file", () => {
  const shown = blocks.filter(({ kind }) => kind.startsWith("file "));
  expect(shown).toHaveLength(8);
  for (const { kind, text } of shown) {
    expect(`${text}\n`).toBe(readFileSync(path.join(root, kind.slice("file ".length)), "utf8"));
  }
});

test.each(["node", "python"])("an app adds at most five lines for the client: %s", (language) => {
  const lines = one(`client ${language}`).split("\n");
  expect(lines.length).toBeLessThanOrEqual(5);
  expect(lines.every((line) => line.length <= 120)).toBe(true);
});

describe("the worked example of a proof", () => {
  const signal = parseSignal(JSON.parse(one("signal")));

  test("is a valid signal", () => {
    expect(signal.kind).toBe("valid");
  });

  test("signs the seven lines that the page shows", () => {
    const key = Buffer.from(one("vector key"), "base64");
    expect([...key]).toEqual(Array.from({ length: 64 }, (_, index) => index));
    const proof = createHmac("sha256", key).update(one("vector"), "utf8").digest("base64");
    expect(signal).toMatchObject({ kind: "valid", value: { proof } });
  });

  test("is accepted by the rotator", () => {
    if (signal.kind === "invalid") throw new Error("not a signal");
    const claims = { ...signal.value, account: "render-weu" };
    const [proof, key] = [signal.value.proof ?? "", new BatchKey(one("vector key"))];
    expect(proofHolds(claims, null, proof, key)).toBe(true);
    expect(proofHolds({ ...claims, instance: "vm-2" }, null, proof, key)).toBe(false);
  });
});

test("every configuration that the page shows is valid", () => {
  expect(of("accounts").length).toBeGreaterThan(2);
  for (const text of of("accounts")) expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: text }))).toEqual([]);
});

test("the Kubernetes objects mount the newest version and name the file that the app reads", () => {
  const yaml = one("file docs/examples/kubernetes.yaml");
  expect(yaml).not.toMatch(/objectVersion/);
  const [, name = ""] = /objectName: (\S+)/.exec(yaml) ?? [];
  const [, mounted = ""] = /mountPath: ([^,\s]+)/.exec(yaml) ?? [];
  expect(yaml).toContain(`value: ${mounted}/${name}`);
});

test.each([
  ["the primary key", "primary", 1, ["Adopted"]],
  ["no secret yet", null, 1, ["KeyPublished", "Adopted"]],
  ["a dead key of this account", "dead", 2, ["KeyPublished", "Adopted"]],
] as const)(
  "first sight of %s: the status at each step equals that of the page",
  async (_what, seed, versions, expectedEvents) => {
    const rig = await openRig();
    const at = place(rig, {
      seed: seed === "dead" ? "primary" : seed,
      gate: { consumers: [aConsumer({ instances: 2 })] },
    });
    if (seed === "dead") {
      at.mark({ ProviderAddress: at.config.batch.resourceId });
      at.regenerateManually("primary");
    }
    const keys = at.keys();
    const [one1, two] = [at.vm(), at.vm(2)];
    const expectShown = async (kind: string): Promise<void> => {
      const text = JSON.stringify(await at.status())
        .replace(/\b[0-9a-f]{32}\b/g, "<version>")
        .replace(/(?<=(?:at|since) )\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<instant>");
      expect(JSON.parse(text)).toMatchObject(JSON.parse(one(`status ${kind}`)));
    };

    await expectShown("unseen");
    rig.deploy([{ ...at.config, paused: true }]);
    await rig.surface.tick();
    expect(await at.status()).toMatchObject({ waitingFor: { reason: "Paused" }, secret: { version: null } });
    expect((await at.rig.surface.call({ method: "GET", path: `/accounts/${at.name}/check` })).status).toBe(200);
    rig.deploy([at.config]);
    await rig.surface.tick();
    await expectShown("adopting");
    await one1.report();
    await expectShown("missing");
    await two.report();
    await expectShown("soaking");
    await passing(rig, at.config.gate.soakMs, [one1, two]);
    await rig.surface.tick();
    await expectShown("idle");
    // A key is published only where the vault held no live key; nothing is regenerated.
    expect(at.versions()).toHaveLength(versions);
    expect(at.newest().value).toBe(keys.primary);
    expect(at.keys()).toEqual(keys);
    expect(at.eventKinds()).toEqual(expectedEvents);
  },
);
