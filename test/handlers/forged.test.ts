import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { proofOf } from "../builders/proof";
import { adopt, type Instance, type Place, place, type SentSignal, openRig, type ServedRig } from "../rig/served-place";

/** A forger may know every signal ever sent, every previous key and the keys of other accounts, but not the new key. */
interface Stage {
  readonly rig: ServedRig;
  readonly at: Place;
  readonly other: Place;
  readonly sent: readonly SentSignal[];
  readonly knownKeys: readonly string[];
}

const consumers = [
  aConsumer({ instances: 2, proof: "required" }),
  aConsumer({ name: "nightly-etl", proof: "required" }),
];

const crew = (of: Place): readonly [Instance, Instance, Instance] => [
  of.vm(),
  of.vm(2),
  of.instance("nightly-etl", "run"),
];

/** All instances have clocks ahead of the rotator's, so their signals stay valid for as long as possible. */
const ahead = ({ clock }: ServedRig): string => new Date(clock.now().getTime() + minutes(4)).toISOString();

/**
 * A rotation that waits for `render-api/vm-2` alone, which was on the new key and went back to the old one. Every sent
 * signal can be replayed; the other account's instances are on its new key.
 */
const stage = async (): Promise<Stage> => {
  const rig = await openRig();
  const at = place(rig, { gate: { consumers, soakMs: 0 } });
  const other = place(rig, { name: "archive-weu", gate: { consumers, soakMs: 0 } });
  const [own, others] = [crew(at), crew(other)];
  await adopt(at, own);
  await adopt(other, others);
  const goneBack = at.vm(2);
  goneBack.stay();
  rig.clock.advance(1);
  const oldKey = at.newest().value;
  await at.rotate();
  await other.rotate();

  const sent: SentSignal[] = [];
  const send = async (to: Place, instance: Instance, healthy = true): Promise<void> => {
    const signal = instance.signal({ healthy, at: ahead(rig) });
    sent.push(signal);
    expect((await to.post(signal)).status).toBe(202);
  };
  const [one, two, run] = own;
  await send(at, run, false);
  await send(at, two.refresh());
  await send(at, goneBack);
  await send(at, one.refresh());
  await send(at, run.refresh());
  await send(other, others[0].refresh());
  expect(await at.waitingFor()).toMatchObject({
    reason: "OnPreviousKey",
    detail: expect.stringContaining("render-api/vm-2"),
  });
  const knownKeys = [
    oldKey,
    other.newest().value,
    other.versions()[0]?.value ?? "",
    randomBytes(64).toString("base64"),
    "",
  ];
  return { rig, at, other, sent, knownKeys };
};

/** The claim that the forger wants accepted: vm-2 is healthy on the new version. */
const wanted = ({ rig, at }: Stage, offMs: number): Omit<SentSignal, "proof"> => ({
  consumer: "render-api",
  instance: "vm-2",
  secretVersion: at.newest().version,
  healthy: true,
  at: new Date(rig.clock.now().getTime() + offMs).toISOString(),
});

const reports = ({ rig, at }: Stage) => rig.tables.reports(at.name);

type Forgery = (staged: Stage) => object;

const pick = <T>(from: readonly T[], at: number): T => {
  const found = from[at % from.length];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
};

const anOffset = fc.integer({ min: -minutes(5), max: minutes(5) });
const anIndex = fc.nat(1000);

/** Signed with a key other than the new one. */
const wrongKey = fc.tuple(anOffset, anIndex).map(
  ([offMs, key]): Forgery =>
    (staged) => {
      const claim = wanted(staged, offMs);
      const lines = [staged.at.name, claim.consumer, claim.instance, claim.secretVersion, "true", claim.at];
      return { ...claim, proof: proofOf(pick(staged.knownKeys, key), lines) };
    },
);

/** A previous version, or one of another account, signed with any key that the forger has. */
const otherVersion = fc.tuple(anOffset, anIndex, anIndex).map(
  ([offMs, key, version]): Forgery =>
    (staged) => {
      const ids = [...staged.at.versions().slice(0, -1), ...staged.other.versions()].map((each) => each.version);
      const claim = { ...wanted(staged, offMs), secretVersion: pick(ids, version) };
      const lines = [staged.at.name, claim.consumer, claim.instance, claim.secretVersion, "true", claim.at];
      return { ...claim, proof: proofOf(pick(staged.knownKeys, key), lines) };
    },
);

/** The valid proof of a sent signal on the forger's claim: another account, consumer, instance, field or time. */
const stolenProof = fc.tuple(anOffset, anIndex).map(
  ([offMs, index]): Forgery =>
    (staged) => ({
      ...wanted(staged, offMs),
      proof: pick(staged.sent, index).proof,
    }),
);

/** A sent signal with one or more fields replaced by those of the forger's claim. */
const altered = fc
  .tuple(
    anOffset,
    anIndex,
    fc.subarray(["consumer", "instance", "secretVersion", "healthy", "at"] as const, { minLength: 1 }),
  )
  .map(
    ([offMs, index, fields]): Forgery =>
      (staged) => {
        const claim = wanted(staged, offMs);
        return { ...pick(staged.sent, index), ...Object.fromEntries(fields.map((field) => [field, claim[field]])) };
      },
  );

/** A sent signal: unchanged, with its instant in another notation, or with a detail, which no proof covers. */
const replayed = fc.tuple(anIndex, fc.boolean(), fc.boolean()).map(
  ([index, rewritten, detailed]): Forgery =>
    (staged) => {
      const signal = pick(staged.sent, index);
      return {
        ...signal,
        ...(rewritten ? { at: signal.at.replace("Z", "+00:00") } : {}),
        ...(detailed ? { detail: "all is well" } : {}),
      };
    },
);

/** Without a proof, or with random bytes as the proof. */
const unproven = fc.tuple(anOffset, fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }))).map(
  ([offMs, bytes]): Forgery =>
    (staged) => ({
      ...wanted(staged, offMs),
      ...(bytes === null ? {} : { proof: Buffer.from(bytes).toString("base64") }),
    }),
);

/** A valid proof with one bit changed. */
const damaged = fc.tuple(anIndex, fc.nat(255)).map(
  ([index, bit]): Forgery =>
    (staged) => {
      const signal = pick(staged.sent, index);
      const bytes = Buffer.from(signal.proof ?? "", "base64");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return { ...signal, ...wanted(staged, 0), proof: bytes.toString("base64") };
    },
);

/** An instance name that contains the content of other signed lines. */
const runTogether = fc.tuple(anOffset, fc.constantFrom("\n", "\\n", "%0a", " ")).map(
  ([offMs, glue]): Forgery =>
    (staged) => ({
      ...wanted(staged, offMs),
      instance: `vm-2${glue}${staged.at.newest().version}`,
      proof: pick(staged.sent, 3).proof,
    }),
);

test("no forged signal of thousands opens the gate, and a genuine one does", async () => {
  const staged = await stage();
  const { at } = staged;
  const oldKey = pick(staged.knownKeys, 0);
  const forgery = fc.oneof(wrongKey, otherVersion, stolenProof, altered, replayed, unproven, damaged, runTogether);
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(forgery, async (forge) => {
      // Four minutes in total: signals from clocks that are ahead stay within the rotator's tolerance of five.
      staged.rig.clock.advance(100);
      const { status } = await at.post(forge(staged));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const vm2 = reports(staged).find(({ instance }) => instance === "vm-2");
      expect(vm2?.proven === true && vm2.secretVersion === at.newest().version).toBe(false);
      expect(staged.rig.tables.rotations.get(at.name)?.record.state.phase).toBe("published");
      expect(at.accepts(oldKey)).toBe(true);
    }),
    { numRuns: 2500 },
  );
  // Every kind of rejection occurred: invalid, forged, and already known.
  expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([202, 400, 403]);
  expect(statuses.get(403)).toBeGreaterThan(300);

  await staged.rig.surface.tick();
  expect(await at.phase()).toBe("published");
  // A forger with the old key may have reported for an instance up to five minutes ahead of the clock.
  staged.rig.clock.advance(minutes(5));
  for (const [consumer, instance] of [
    ["nightly-etl", "run"],
    ["render-api", "vm-1"],
    ["render-api", "vm-2"],
  ] as const) {
    await at.instance(consumer, instance).report({ at: ahead(staged.rig) });
  }
  expect(await at.phase()).toBe("idle");
});
