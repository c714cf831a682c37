import { EventEmitter, once } from "node:events";
import type { SecretPublisher, SecretVersion } from "../../../lib/ports/secret-publisher";
import { VersionCache } from "../../../lib/signals/version-cache";
import { aSecretVersion } from "../../builders/key";
import { v1, v2 } from "../../builders/state";
import { at, when } from "../../builders/time";
import { VirtualClock } from "../../fakes/world/virtual-clock";

const secret = { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" };
const options = { signal: new AbortController().signal };
const found = (version: string): SecretVersion => aSecretVersion({ version });

const numbered = (i: number): string => String(i).padStart(32, "0");

const unused = async (): Promise<never> => {
  throw new Error("not asked for here");
};

/** A cache of a vault that answers with `answer`, at 10:00 of a virtual clock. */
const aCache = (answer: (version: string) => Promise<SecretVersion | null> = async (version) => found(version)) => {
  const asked: string[] = [];
  const secrets: SecretPublisher = {
    newest: unused,
    publish: unused,
    disable: unused,
    contest: unused,
    version: (ref, version) => {
      asked.push(`${ref.vaultUrl}/${ref.name}/${version}`);
      return answer(version);
    },
  };
  const clock = new VirtualClock({ startsAt: at("10:00") });
  const cache = new VersionCache(secrets, clock);
  return {
    asked,
    read: (version: string, ref = secret) => cache.read(ref, version, options),
    setClock: (time: string): void => {
      clock.offsetMs = when(time).getTime() - when("10:00").getTime();
    },
  };
};

describe("the cache of secret versions", () => {
  it("reads a version once for all concurrent requests", async () => {
    const { read, asked } = aCache();
    const all = await Promise.all([read(v1), read(v1), read(v1)]);
    expect(all).toEqual([found(v1), found(v1), found(v1)]);
    expect(asked).toHaveLength(1);
  });

  it("keeps a version for less than a minute, because it can be disabled meanwhile", async () => {
    const { read, asked, setClock } = aCache();
    await read(v1);
    setClock("10:00:59.999");
    await read(v1);
    expect(asked).toHaveLength(1);
    setClock("10:01");
    await read(v1);
    expect(asked).toHaveLength(2);
  });

  it("distinguishes vault, name and version, ignoring case as the vault does", async () => {
    const { read, asked } = aCache();
    await read("abcdef00000000000000000000000000");
    await read("ABCDEF00000000000000000000000000");
    await read("abcdef00000000000000000000000000", { ...secret, name: "RenderWeu-Batch-Key" });
    expect(asked).toHaveLength(1);
    await read(v2);
    await read(v2, { ...secret, name: "other" });
    await read(v2, { ...secret, vaultUrl: "https://other.vault.azure.net" });
    expect(asked).toHaveLength(4);
  });

  it("reads an unknown version again after 10 s, as it may exist by then", async () => {
    const { read, asked, setClock } = aCache(async () => null);
    expect([await read(v1), await read(v1)]).toEqual([null, null]);
    setClock("10:00:09.999");
    await read(v1);
    expect(asked).toHaveLength(1);
    setClock("10:00:10");
    await read(v1);
    expect(asked).toHaveLength(2);
  });

  it("reads a version again after a failure, which every waiting caller receives", async () => {
    const answers = [Promise.reject(new Error("vault out of reach")), Promise.resolve(found(v1))];
    const { read, asked } = aCache(() => answers.shift() ?? Promise.resolve(null));
    const both = await Promise.allSettled([read(v1), read(v1)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await read(v1)).toEqual(found(v1));
    expect(asked).toHaveLength(2);
  });

  it("keeps a version when an older read fails late", async () => {
    const vault = new EventEmitter();
    const late = once(vault, "answer").then(() => null);
    const answers: Promise<SecretVersion | null>[] = [late, Promise.resolve(found(v1))];
    const { read, asked, setClock } = aCache(() => answers.shift() ?? Promise.resolve(null));
    const first = read(v1);
    setClock("10:01");
    await read(v1);
    vault.emit("error", new Error("too late"));
    await expect(first).rejects.toThrow("too late");
    expect(await read(v1)).toEqual(found(v1));
    expect(asked).toHaveLength(2);
  });

  it("reads a version again after the clock was set back, so that none is kept for longer", async () => {
    const { read, asked, setClock } = aCache();
    await read(v1);
    setClock("09:00");
    await read(v1);
    expect(asked).toHaveLength(2);
  });

  it("keeps at most 1,000 versions, and drops the oldest read first", async () => {
    const { read, asked } = aCache();
    for (let i = 1; i <= 1_000; i += 1) await read(numbered(i));
    await read(numbered(1));
    expect(asked).toHaveLength(1_000);
    await read(numbered(1_001));
    await read(numbered(2));
    expect(asked).toHaveLength(1_001);
    await read(numbered(1));
    expect(asked).toHaveLength(1_002);
  });
});
