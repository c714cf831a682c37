import type { AuditLog, ReadersQuestion } from "../../../lib/ports/audit-log";
import type { SecretRef } from "../../../lib/rotation/account-config";
import { v1, v2 } from "../../builders/state";
import { at } from "../../builders/time";
import type { FakeRead } from "../../fakes/world/fake-audit-log";

export interface AuditLogWorld {
  readonly log: AuditLog;
  readonly secret: SecretRef;
  read(secret: SecretRef, read: FakeRead): void;
  /** Lines arrive this many milliseconds after their reads; it is 10:15 on the 24th. */
  delay(ms: number): void;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

export const one = "1a111111-1111-4111-8111-111111111111";
const other = "22222222-2222-4222-8222-222222222222";
const rotator = "33333333-3333-4333-8333-333333333333";
const site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/render-web";

const question: ReadersQuestion = { from: at("10:00", 1), to: at("10:15"), consumers: [], rotator };

/** The contract of every view of a vault's audit log. */
export const auditLogContract = (name: string, open: () => Promise<AuditLogWorld>): void => {
  describe(`the readers of a secret in ${name}`, () => {
    let world: AuditLogWorld;
    const asked = (changes: Partial<ReadersQuestion> = {}, secret = world.secret) =>
      world.log.readers(secret, { ...question, ...changes }, call);
    const reads = (read: Partial<FakeRead> = {}, secret = world.secret): void =>
      world.read(secret, { identity: one, version: v2, at: at("10:05"), ...read });
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it("are none where nothing has been read", async () => {
      expect(await asked()).toEqual({ readers: [], more: false, incomplete: null });
    });

    it("are one for each identity and version: first and last read, count, and the origin of the last", async () => {
      reads({ at: at("10:05"), address: "203.0.113.7", client: "azsdk-js/4" });
      reads({ at: at("10:02"), address: "203.0.113.8", client: "azsdk-js/3" });
      reads({ version: v1, at: at("09:00", 20) });
      reads({ identity: other, resource: site });
      const { readers } = await asked();
      const bare = { identity: one, resource: null, address: null, client: null };
      expect([...readers].toSorted((a, b) => (a.firstAt < b.firstAt ? -1 : 1))).toEqual([
        { ...bare, version: v1, firstAt: at("09:00", 20), lastAt: at("09:00", 20), reads: 1 },
        {
          ...bare,
          version: v2,
          firstAt: at("10:02"),
          lastAt: at("10:05"),
          reads: 2,
          address: "203.0.113.7",
          client: "azsdk-js/4",
        },
        {
          identity: other,
          resource: site,
          version: v2,
          firstAt: at("10:05"),
          lastAt: at("10:05"),
          reads: 1,
          address: null,
          client: null,
        },
      ]);
    });

    it("are the same in whatever case the log writes them", async () => {
      reads({ identity: one.toUpperCase() });
      reads({ at: at("10:06") });
      expect((await asked()).readers).toMatchObject([{ identity: one, reads: 2 }]);
    });

    it("have no version where the log names none", async () => {
      reads({ version: null });
      expect((await asked()).readers).toMatchObject([{ identity: one, version: null }]);
    });

    it("are those of this secret alone, and not the rotator", async () => {
      reads({ identity: rotator.toUpperCase() });
      reads({}, { ...world.secret, name: `${world.secret.name}2` });
      reads({}, { ...world.secret, name: "other" });
      expect((await asked()).readers).toEqual([]);
      expect((await asked({ rotator: null })).readers).toMatchObject([{ identity: rotator }]);
    });

    it("are those within the time that was asked for", async () => {
      for (const when of [at("09:59:59", 1), at("10:00", 1), at("10:15")]) reads({ at: when });
      expect((await asked()).readers).toMatchObject([{ firstAt: at("10:00", 1), lastAt: at("10:15"), reads: 2 }]);
    });

    it("are known minutes after they have read", async () => {
      world.delay(5 * 60_000);
      reads({ at: at("10:10") });
      reads({ identity: other, at: at("10:10:01") });
      expect((await asked()).readers.map(({ identity }) => identity)).toEqual([one]);
    });

    it("begin with the configured consumers, then the newest", async () => {
      reads({ at: at("09:00") });
      for (const [digit, time] of ["10:01", "10:03", "10:02"].entries())
        reads({ identity: `${digit}${other.slice(1)}`, at: at(time) });
      const { readers } = await asked({ consumers: [one] });
      expect(readers.map(({ identity }) => identity.slice(0, 2))).toEqual(["1a", "12", "22", "02"]);
    });
  });
};
