import type { App } from "../../../lib/app";
import type { SecretVersion } from "../../../lib/ports/secret-publisher";
import { proofMessage } from "../../../lib/signals/proof";
import type { PulledSignal } from "../../../lib/signals/signal-schema";
import { verifySignal } from "../../../lib/signals/verify-signal";
import { anAccount } from "../../builders/account";
import { aKey, aSecretVersion, otherKeyText } from "../../builders/key";
import { v1 } from "../../builders/state";
import { at, when } from "../../builders/time";

const config = anAccount({ name: "render-weu" });
const key = aKey();
const call = { signal: new AbortController().signal };

const aSignal = (changes: Partial<PulledSignal> = {}): PulledSignal => ({
  consumer: "render-api",
  instance: "vm-1",
  secretVersion: v1,
  healthy: true,
  leaving: false,
  at: at("10:00"),
  detail: null,
  proof: null,
  ...changes,
});

const signed = (signal: PulledSignal, nonce: string | null = null): PulledSignal => ({
  ...signal,
  proof: key.sign(proofMessage({ ...signal, account: config.name, at: signal.at ?? "" }, nonce)).toString("base64"),
});

const enabled = aSecretVersion({ key });

const otherKey: SecretVersion = { ...enabled, key: aKey(otherKeyText) };
const disabled: SecretVersion = { version: v1, enabled: false };

/** The signal as verified at 10:00 by a rotator whose vault returns this version. */
const verified = (
  signal: PulledSignal,
  {
    version = enabled,
    nonce = null,
    time = "10:00",
  }: Partial<{
    version: SecretVersion | null;
    nonce: string | null;
    time: string;
  }> = {},
) => {
  const versions: Pick<App["versions"], "read"> = { read: async () => version };
  return verifySignal({ versions }, config, signal, { now: when(time), nonce }, call);
};

describe("a verified signal", () => {
  it("is accepted as unproven without a proof", async () => {
    expect(await verified(aSignal())).toEqual({
      kind: "verified",
      signal: {
        consumer: "render-api",
        instance: "vm-1",
        at: at("10:00"),
        secretVersion: v1,
        healthy: true,
        leaving: false,
        proven: false,
        detail: null,
      },
    });
  });

  it.each<[string, SecretVersion, object]>([
    ["is proven by the key of the version that it names", enabled, { signal: { proven: true } }],
    ["is refused if its proof was made with another key", otherKey, { kind: "proofRefused" }],
    ["is unproven if its version is disabled, as its proof cannot be checked", disabled, { signal: { proven: false } }],
  ])("%s", async (_what, version, expected) => {
    expect(await verified(signed(aSignal()), { version })).toMatchObject(expected);
  });

  it("is refused if its version is not in the vault", async () => {
    expect(await verified(aSignal(), { version: null })).toEqual({ kind: "unknownVersion" });
  });

  it.each([
    ["10:05", "verified"],
    ["10:05:00.001", "clockSkew"],
    ["09:55", "verified"],
    ["09:54:59.999", "clockSkew"],
  ])("may differ by five minutes from the rotator's clock (%s: %s)", async (time, kind) => {
    expect(await verified(aSignal({ at: at(time) }))).toMatchObject({ kind });
  });

  it("of an answer signs the nonce, and without an instant gets the instant of its receipt", async () => {
    const pulled = aSignal({ at: null });
    const found = await verified(signed(pulled, "nonce-1"), { nonce: "nonce-1", time: "10:01" });
    expect(found).toMatchObject({ kind: "verified", signal: { at: at("10:01"), proven: true } });
    const dated = signed(aSignal(), "nonce-1");
    expect(await verified(dated, { nonce: "nonce-1" })).toMatchObject({ signal: { proven: true } });
    for (const nonce of ["nonce-2", null]) {
      for (const signal of [signed(pulled, "nonce-1"), dated])
        expect(await verified(signal, { nonce })).toEqual({ kind: "proofRefused" });
    }
  });

  it("has text that looks like a key removed from its detail", async () => {
    const detail = `refused: ${"A".repeat(86)}==`;
    expect(await verified(aSignal({ detail }))).toMatchObject({
      signal: { detail: "refused: [removed: looks like a key]" },
    });
  });
});
