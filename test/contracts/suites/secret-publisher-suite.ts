import { BatchKey } from "../../../lib/batch-key";
import type { Publication, SecretPublisher } from "../../../lib/ports/secret-publisher";
import type { SecretRef } from "../../../lib/rotation/account-config";

/** A version as the vault stores it. */
export interface KeptVersion {
  readonly version: string;
  readonly value: string;
  readonly enabled: boolean;
  readonly contentType: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly expiresAt: string | null;
}

export interface SeededAttributes {
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface SecretPublisherWorld {
  readonly secrets: SecretPublisher;
  /** The name of a secret that does not exist yet. */
  newSecret(): SecretRef;
  /** In the order in which they were written. */
  versions(ref: SecretRef): readonly KeptVersion[];
  /** Publishes as another client would. */
  seed(ref: SecretRef, value: string, attributes?: SeededAttributes): { readonly version: string };
  disable(ref: SecretRef, version: string): void;
  delete(ref: SecretRef): void;
  deny(action: "get" | "set" | "update"): void;
  allow(action: "get" | "set" | "update"): void;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };
const dayMs = 24 * 60 * 60 * 1000;

export const aPublication = (change: Partial<Publication> = {}): Publication => ({
  key: new BatchKey(Buffer.alloc(64, 1).toString("base64")),
  slot: "secondary",
  resourceId: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu",
  rotateEveryMs: 60 * dayMs,
  expiresAt: "2027-02-20T10:00:00.000Z",
  rotationId: "01JDA0000000000000000000R1",
  otherTags: {},
  ...change,
});

/** The contract of every publisher of secrets. */
export const secretPublisherContract = (name: string, open: () => Promise<SecretPublisherWorld>): void => {
  describe(`published secrets in ${name}`, () => {
    let world: SecretPublisherWorld;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("are absent before the first publication", async () => {
      const ref = world.newSecret();
      expect(await world.secrets.newest(ref, call)).toBeNull();
      expect(await world.secrets.version(ref, "0".repeat(32), call)).toBeNull();
    });

    it("are written as one version with its type, tags and expiry", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication(), call);
      expect(version).toMatch(/^[0-9a-f]{32}$/);
      expect(world.versions(ref)).toEqual([
        {
          version,
          value: aPublication().key.reveal(),
          enabled: true,
          contentType: "text/plain; batch-account-key",
          tags: {
            CredentialId: "Secondary",
            ProviderAddress: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu",
            ValidityPeriodDays: "60",
            RotationId: "01JDA0000000000000000000R1",
          },
          expiresAt: "2027-02-20T10:00:00.000Z",
        },
      ]);
    });

    it.each([
      [1000, "1"],
      [dayMs, "1"],
      [2 * dayMs - 1, "1"],
      [730 * dayMs, "730"],
    ])("give their validity in whole days, at least one (%d ms)", async (rotateEveryMs, days) => {
      const ref = world.newSecret();
      await world.secrets.publish(ref, aPublication({ rotateEveryMs, slot: "primary" }), call);
      expect(world.versions(ref)[0]?.tags).toMatchObject({ ValidityPeriodDays: days, CredentialId: "Primary" });
    });

    it("are read as they were published", async () => {
      const ref = world.newSecret();
      await world.secrets.publish(ref, aPublication({ key: new BatchKey("b2xk") }), call);
      const { version } = await world.secrets.publish(ref, aPublication({ key: new BatchKey("bmV3") }), call);
      const newest = await world.secrets.newest(ref, call);
      expect(newest).toMatchObject({ version, enabled: true, rotationId: "01JDA0000000000000000000R1" });
      expect(newest?.key.reveal()).toBe("bmV3");
      expect(newest?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it("keep every version", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication({ key: new BatchKey("b2xk") }), call);
      await world.secrets.publish(ref, aPublication({ key: new BatchKey("bmV3") }), call);
      const old = await world.secrets.version(ref, version, call);
      expect(old?.enabled === true && old.key.reveal()).toBe("b2xk");
    });

    it("are read even where another client published them", async () => {
      const ref = world.newSecret();
      const { version } = world.seed(ref, "c29tZWJvZHkgZWxzZQ==");
      expect(await world.secrets.newest(ref, call)).toMatchObject({ version, rotationId: null });
    });

    it("show whom they were published for", async () => {
      const ref = world.newSecret();
      world.seed(ref, "c29tZW9uZSBlbHNl");
      const newest = () => world.secrets.newest(ref, call);
      expect((await newest())?.marks).toEqual({ providerAddress: null, contentType: null, contestedBy: null });
      world.seed(ref, "c29tZW9uZSBlbHNl", { contentType: "text/plain", tags: { ProviderAddress: "/subscriptions/t" } });
      const seeded = { providerAddress: "/subscriptions/t", contentType: "text/plain", contestedBy: null };
      expect((await newest())?.marks).toEqual(seeded);
      await world.secrets.publish(ref, aPublication(), call);
      const marks = {
        providerAddress: aPublication().resourceId,
        contentType: "text/plain; batch-account-key",
        contestedBy: null,
      };
      expect((await newest())?.marks).toEqual(marks);
    });

    it("keep the tags of others, as many as there is room for", async () => {
      const ref = world.newSecret();
      const others = Object.fromEntries("abcdefghijklmno".split("").map((tag) => [tag, `${tag} by others`]));
      world.seed(ref, "c29tZW9uZSBlbHNl", { tags: others });
      const otherTags = (await world.secrets.newest(ref, call))?.otherTags ?? {};
      expect(otherTags).toEqual(others);
      await world.secrets.publish(ref, aPublication({ otherTags }), call);
      const tags = world.versions(ref).at(-1)?.tags ?? {};
      const { a, k, CredentialId } = tags;
      expect([Object.keys(tags).length, a, k, CredentialId]).toEqual([15, "a by others", "k by others", "Secondary"]);
      expect(Object.keys((await world.secrets.newest(ref, call))?.otherTags ?? {})).toHaveLength(11);
    });

    it("show which account contests them, once, with all else kept, until the next publication", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication({ otherTags: { team: "render" } }), call);
      const [before] = world.versions(ref);
      await world.secrets.contest(ref, version, "/subscriptions/s/first", call);
      await world.secrets.contest(ref, version, "/subscriptions/s/second", call);
      const tags = { ...before?.tags, ContestedBy: "/subscriptions/s/first" };
      expect(world.versions(ref)).toEqual([{ ...before, tags }]);
      const newest = await world.secrets.newest(ref, call);
      expect(newest?.marks.contestedBy).toBe("/subscriptions/s/first");
      const otherTags = newest?.otherTags ?? {};
      expect(otherTags).toEqual({ team: "render" });
      await world.secrets.publish(ref, aPublication({ otherTags }), call);
      expect(world.versions(ref).at(-1)?.tags).toEqual(before?.tags);
    });

    it("stay unmarked where the permission to update them is missing", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication(), call);
      world.deny("update");
      const contest = world.secrets.contest(ref, version, "/subscriptions/s/first", call);
      await expect(contest).rejects.toMatchObject({ name: "OperatorNeededError", reason: "Forbidden" });
      world.allow("update");
      expect((await world.secrets.newest(ref, call))?.marks.contestedBy).toBeNull();
    });

    it("are disabled version by version", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication(), call);
      const newest = await world.secrets.publish(ref, aPublication(), call);
      await world.secrets.disable(ref, version, call);
      await world.secrets.disable(ref, version, call);
      expect(await world.secrets.version(ref, version, call)).toEqual({ version, enabled: false });
      expect(await world.secrets.newest(ref, call)).toMatchObject({ version: newest.version });
      expect(world.versions(ref)[0]).toMatchObject({ tags: { CredentialId: "Secondary" }, enabled: false });
    });

    it("need an operator when the newest version is disabled", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication(), call);
      world.disable(ref, version);
      await expect(world.secrets.newest(ref, call)).rejects.toMatchObject({ reason: "SecretDisabled" });
      expect(await world.secrets.version(ref, version, call)).toEqual({ version, enabled: false });
    });

    it("need an operator when they are deleted", async () => {
      const ref = world.newSecret();
      await world.secrets.publish(ref, aPublication(), call);
      world.delete(ref);
      expect(await world.secrets.newest(ref, call)).toBeNull();
      const publish = world.secrets.publish(ref, aPublication(), call);
      await expect(publish).rejects.toMatchObject({ name: "OperatorNeededError", reason: "SecretDeleted" });
    });

    it("need an operator when a permission is missing", async () => {
      const ref = world.newSecret();
      const { version } = await world.secrets.publish(ref, aPublication(), call);
      const calls = {
        get: () => world.secrets.newest(ref, call),
        set: () => world.secrets.publish(ref, aPublication(), call),
        update: () => world.secrets.disable(ref, version, call),
      } as const;
      for (const action of ["get", "set", "update"] as const) {
        world.deny(action);
        await expect(calls[action]()).rejects.toMatchObject({ name: "OperatorNeededError", reason: "Forbidden" });
        world.allow(action);
      }
      expect(world.versions(ref)).toHaveLength(1);
    });
  });
};
