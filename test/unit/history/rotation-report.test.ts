import { renderText } from "../../../lib/history/render-report";
import { readEvidence, type RotationEvidence } from "../../../lib/history/rotation-report";
import { hours, minutes } from "../../builders/time";
import { type Place, Rig } from "../../rig/rig";

const newestRotation = (place: Place): string => {
  const ids = place.eventsOf("RotationStarted").map(({ rotationId }) => rotationId);
  return ids.at(-1) ?? "";
};

const evidenceOf = async (place: Place): Promise<RotationEvidence> => {
  const found = await readEvidence(place.rig.app, place.config, newestRotation(place));
  if (found === null) throw new Error("there is no such rotation");
  return found;
};

const atOf = (place: Place, kind: string): string => place.eventsOf(kind)[0]?.at ?? "";

/** Publishes by an operator's order; one minute has passed. */
const published = async (changes: Parameters<Rig["place"]>[0] = {}): Promise<Place> => {
  const place = await new Rig().place(changes).adopt();
  place.rig.clock.advance(minutes(1));
  await place.rotate("key found in a log");
  expect(place.phase).toBe("published");
  place.rig.clock.advance(minutes(1));
  return place;
};

describe("the report of a completed rotation", () => {
  let place: Place;
  let evidence: RotationEvidence;
  let confirmedAt: string;

  beforeAll(async () => {
    place = await published();
    await place.report({ proven: true });
    place.rig.clock.advance(minutes(10));
    await place.report({ proven: true });
    confirmedAt = place.rig.clock.at;
    evidence = await evidenceOf(place);
  });

  it("states who requested it, why, when it started and ended, and its outcome", () => {
    expect(evidence).toMatchObject({
      account: "render-weu",
      resourceId: place.config.batch.resourceId,
      secret: `https://render.vault.azure.net/secrets/${place.config.secret.name}`,
      outcome: "completed",
      startedBy: "operator:ada",
      startedAt: atOf(place, "RotationStarted"),
      endedAt: atOf(place, "RotationCompleted"),
      reason: "on demand of operator:ada, from the primary to the secondary key: key found in a log",
      overrides: [],
    });
  });

  it("states when the new key was made and published, and its version", () => {
    const [, second] = place.versions();
    expect(evidence.newKey).toEqual({
      madeAt: atOf(place, "KeyRegenerated"),
      publishedAt: second?.createdAt,
      provenBy: "a signed call with this key was accepted",
      notProven: null,
      evidence: {
        slot: "secondary",
        version: second?.version,
        // The vault returns whole seconds.
        createdAt: second?.createdAt.replace(/\.\d{3}Z$/, ".000Z"),
        secret: expect.stringMatching(/\/secrets\//),
        requestId: "vault-request-1",
        provenBy: "a signed call with this key was accepted",
        notProven: null,
      },
    });
  });

  it("states when the old key was regenerated, and when and how it was proven dead", () => {
    const [first, second] = place.versions();
    expect(evidence.oldKey).toEqual({
      retiredAt: atOf(place, "KeyRetired"),
      provenDeadAt: atOf(place, "RotationCompleted"),
      provenDeadBy: "a signed call with the old key was refused",
      notProven: null,
      evidence: {
        slot: "secondary",
        version: second?.version,
        disabledVersion: first?.version,
        provenDeadBy: "a signed call with the old key was refused",
        provenDeadAt: atOf(place, "RotationCompleted"),
        notProvenDead: null,
      },
    });
    expect(first?.enabled).toBe(false);
  });

  it("lists the instances that confirmed the new key, when, and whether with a proof", () => {
    const [, second] = place.versions();
    expect(evidence.confirmations).toEqual([
      {
        consumer: "render-api",
        instance: "vm-1",
        at: confirmedAt,
        secretVersion: second?.version,
        healthy: true,
        proven: true,
        evidence: "proof",
      },
    ]);
    expect(evidence.confirmedInstances).toBe(1);
  });

  it("lists the requests that changed a key or secret", () => {
    expect(evidence.requestIds).toEqual([
      { event: "KeyRegenerated", requestId: "arm-request-1" },
      { event: "KeyPublished", requestId: "vault-request-1" },
      { event: "KeyRetired", requestId: "arm-request-2" },
    ]);
  });

  it("can be rendered as text", () => {
    const [first, second] = place.versions();
    expect(renderText(evidence)).toBe(
      [
        `Rotation ${evidence.rotationId} of render-weu`,
        "",
        `Batch account         ${place.config.batch.resourceId}`,
        `Secret                https://render.vault.azure.net/secrets/${place.config.secret.name}`,
        "Outcome               completed",
        "Asked for by          operator:ada",
        "Why                   on demand of operator:ada, from the primary to the secondary key: key found in a log",
        `Started               ${atOf(place, "RotationStarted")}`,
        `New key made          ${atOf(place, "KeyRegenerated")}`,
        `New key published     ${second?.createdAt}`,
        "New key proven        a signed call with this key was accepted",
        `Old key regenerated   ${confirmedAt}`,
        `Old key proven dead   ${confirmedAt}  a signed call with the old key was refused`,
        `Ended                 ${confirmedAt}`,
        "",
        "Confirmed by",
        `  ${confirmedAt}  render-api/vm-1  version ${second?.version}  with proof`,
        "",
        "Decided by people, or in spite of a check",
        "  nothing",
        "",
        "Requests",
        "  KeyRegenerated  arm-request-1",
        "  KeyPublished  vault-request-1",
        "  KeyRetired  arm-request-2",
        "",
        "Events",
        ...evidence.events.map(({ at, event, by, detail }) => `  ${at}  ${event}  ${by}  ${detail}`),
        "",
      ].join("\n"),
    );
    expect(renderText(evidence)).not.toContain(first?.value);
    expect(renderText(evidence)).not.toContain(second?.value);
  });

  it("covers this rotation only", async () => {
    await place.rotate("another");
    const [first] = place.eventsOf("RotationStarted");
    expect(await readEvidence(place.rig.app, place.config, first?.rotationId ?? "")).toEqual(evidence);
  });
});

describe("the report of a rotation", () => {
  it("under way has nulls for the steps not yet done", async () => {
    const place = await published();
    const evidence = await evidenceOf(place);
    expect(evidence).toMatchObject({
      outcome: "underWay",
      endedAt: null,
      oldKey: { retiredAt: null, provenDeadAt: null, provenDeadBy: null, notProven: null, evidence: null },
      confirmations: [],
      confirmedInstances: 0,
    });
    expect(renderText(evidence)).toContain("\nOld key proven dead   -\n");
    expect(renderText(evidence)).toContain("\nConfirmed by\n  none\n");
  });

  it("approved by an operator names operator, reason and overridden check, and only real confirmations", async () => {
    const place = await published();
    const old = place.versions()[0]?.version ?? "";
    await place.report({ instance: "vm-2" });
    await place.report({ instance: "vm-1", version: old });
    await place.order("approve", "vm-1 is being replaced");
    const evidence = await evidenceOf(place);
    expect(evidence.overrides).toMatchObject([
      {
        event: "Approved",
        by: "operator:ada",
        detail: "approved in spite of the consumers, in phase published: vm-1 is being replaced",
      },
      {
        event: "KeyRetired",
        by: "operator:ada",
        detail: expect.stringContaining(
          "approved by operator:ada (vm-1 is being replaced), in spite of OnPreviousKey: render-api/vm-1 " +
            `reported version ${old}`,
        ),
      },
    ]);
    expect(evidence.confirmations).toMatchObject([{ instance: "vm-2", healthy: true, proven: false }]);
    expect(renderText(evidence)).toContain("Approved  operator:ada  approved in spite of the consumers");
    expect(renderText(evidence)).toContain("render-api/vm-2");
    expect(renderText(evidence)).toContain("without proof\n");
  });

  it("that was paused and resumed names the operators", async () => {
    const place = await published();
    await place.order("pause", "release night");
    await place.order("resume", "release is out");
    expect((await evidenceOf(place)).overrides).toMatchObject([
      { event: "Paused", by: "operator:ada", detail: "release night" },
      { event: "Resumed", by: "operator:ada", detail: "release is out" },
    ]);
  });

  it("that was rolled back states who requested it, why, and that the old key is alive", async () => {
    const place = await published();
    await place.order("rollback", "render-api is down");
    const evidence = await evidenceOf(place);
    expect(evidence).toMatchObject({
      outcome: "rolledBack",
      endedAt: atOf(place, "RotationRolledBack"),
      newKey: { evidence: { slot: "secondary" } },
      oldKey: {
        retiredAt: null,
        provenDeadAt: null,
        notProven: "the rotation ended before the old key was proven dead",
      },
      overrides: [
        { event: "RotationRolledBack", by: "operator:ada", detail: expect.stringContaining("render-api is down") },
        { event: "Paused", by: "operator:ada" },
      ],
    });
  });

  it("that was superseded states the cause", async () => {
    const place = await published();
    const { rig } = place;
    place.publishManually(place.keys().primary);
    await rig.tick();
    expect(await evidenceOf(place)).toMatchObject({
      outcome: "superseded",
      endedAt: rig.clock.at,
      events: [
        { event: "RotationStarted" },
        { event: "KeyRegenerated" },
        { event: "KeyPublished" },
        { event: "SlotAdopted" },
        { event: "RotationSuperseded", detail: "the primary key was published outside the rotator" },
      ],
    });
  });

  it("that settles on primary has the old key dead before its end, and only its own key as published", async () => {
    const place = await published({ settleOn: "primary" });
    await place.confirm();
    expect(place.phase).toBe("settling");
    await place.confirm();
    const evidence = await evidenceOf(place);
    const [first, second] = place.versions();
    expect(evidence).toMatchObject({
      outcome: "completed",
      newKey: { publishedAt: second?.createdAt, evidence: { version: second?.version } },
      oldKey: { provenDeadAt: atOf(place, "SettlingStarted"), evidence: { disabledVersion: first?.version } },
      endedAt: atOf(place, "RotationCompleted"),
    });
    expect(evidence.oldKey.provenDeadAt).not.toBe(evidence.endedAt);
  });

  it("with repaired drift does not count the repair as publication of the new key", async () => {
    const place = await new Rig().place().adopt();
    const { rig, config } = place;
    const newKey = (): string => place.keys().secondary;
    const off = rig.faults.onEffect((effect) => {
      if (effect === "batch.regenerate") rig.batch.setRefused(newKey(), true);
    });
    await place.rotate();
    off();
    expect(place.phase).toBe("regenerated");
    place.regenerateManually("primary");
    await rig.tick();
    expect(place.eventsOf("DriftRepaired")).toHaveLength(1);
    expect((await evidenceOf(place)).newKey).toMatchObject({ publishedAt: null, evidence: null });
    rig.batch.setRefused(newKey(), false);
    await rig.tickAfter(hours(1));
    expect((await evidenceOf(place)).newKey).toMatchObject({
      publishedAt: rig.clock.at,
      evidence: { slot: "secondary", version: rig.vault.versions(config.secret).at(-1)?.version },
    });
  });

  it("whose old version was disabled by others claims no proof, in the report, the text and the history", async () => {
    const place = await published();
    place.disableManually(0);
    await place.confirm();
    expect(place.phase).toBe("idle");
    const evidence = await evidenceOf(place);
    const notProven = "its secret version was disabled or gone before the key could be tried";
    expect(evidence).toMatchObject({
      outcome: "completed",
      oldKey: { retiredAt: atOf(place, "KeyRetired"), provenDeadAt: null, provenDeadBy: null, notProven },
    });
    expect(renderText(evidence)).toContain(`\nOld key proven dead   not proven: ${notProven}\n`);
    expect(place.eventsOf("RotationCompleted")[0]?.detail).toContain(`the old key was not proven dead: ${notProven}`);
    expect(JSON.stringify(place.events)).not.toContain("a signed call with the old key was refused");
  });

  it("without probing claims no signed call, in the report, the text and the history", async () => {
    const place = await published({ probe: "none" });
    await place.confirm();
    const evidence = await evidenceOf(place);
    expect(evidence).toMatchObject({
      newKey: { provenBy: null, notProven: "no signed call with this key was accepted: none was made" },
      oldKey: { provenDeadBy: "the old key is neither live key", notProven: null },
    });
    expect(renderText(evidence)).toContain("\nNew key proven        not proven: no signed call with this key");
    expect(JSON.stringify(place.events)).not.toMatch(/a signed call with (this|the old) key was/);
  });

  it("names the Batch account and the secret of its start, whatever the configuration names now", async () => {
    const place = await published();
    await place.confirm();
    const before = await evidenceOf(place);
    const batch = { ...place.config.batch, resourceId: `${place.config.batch.resourceId}2` };
    const after = await readEvidence(place.rig.app, { ...place.config, batch }, before.rotationId);
    expect(after).toEqual(before);
  });

  it("that does not exist is null", async () => {
    const place = await published();
    for (const id of ["", "01JDF0000000000000000OTHER", "null", "__proto__"]) {
      expect(await readEvidence(place.rig.app, place.config, id)).toBeNull();
    }
  });

  it("with more than 100 instances names 100 and counts the others", async () => {
    const place = await published();
    const instances = Array.from({ length: 103 }, (_, index) => `vm-${index + 1}`);
    for (const instance of instances) await place.report({ instance });
    await place.rig.tickAfter(minutes(10));
    const evidence = await evidenceOf(place);
    expect(evidence.confirmations).toHaveLength(100);
    expect(evidence.confirmedInstances).toBe(103);
    expect(renderText(evidence)).toContain("\n  and 3 more\n");
  });
});
