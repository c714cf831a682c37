import type { Completed, Profiles, TaggedAccount, TaggedConsumer } from "../rotation/discovery/discovery-config";
import type { AccountSchema } from "./schema/configuration-schema";
import { asObject, mergeAccount, mergedSecret, type MergeContext } from "./merge";
import { listOf, valid } from "./checks/parts";
import { identityOf, resolveAccount, withIdentity } from "./resolve-account";
import { SharedTexts } from "../rotation/shared-texts";
import type { AccountSettings } from "../rotation/account-config";

/** Compiling the schema is not allowed everywhere, and would save little. */
const once = { jitless: true };

/** Completes what tags say by the profiles of a valid configuration. */
export class ConfiguredProfiles implements Profiles {
  readonly #schema: AccountSchema;
  readonly #context: MergeContext;
  /** Of 100,000 accounts most have the same profile and consumers: what they share is checked and kept once. */
  readonly #shared = new Map<string, AccountSettings>();
  readonly #texts = new SharedTexts();

  constructor(schema: AccountSchema, context: MergeContext) {
    this.#schema = schema;
    this.#context = context;
  }

  complete({ resourceId, location, profile, consumers }: TaggedAccount): Completed {
    if (!Object.hasOwn(asObject(this.#context.profiles), profile)) return incomplete([unknownProfile]);
    const written = { resourceId, profile };
    const key = JSON.stringify([profile, consumers]);
    const shared = this.#shared.get(key);
    const own = shared === undefined ? null : this.#identityOf(written, location);
    if (shared !== undefined && own !== null) return { kind: "complete", account: withIdentity(shared, own) };
    const merged = mergeAccount(this.#context, written, location);
    const gate = asObject(merged["gate"]);
    const account = { ...merged, gate: { ...gate, consumers: withTagged(listOf(gate["consumers"]), consumers) } };
    const found = this.#schema.safeParse(account, once);
    if (!found.success)
      return incomplete(found.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`));
    const { mode, consumers: all } = found.data.gate;
    if (mode === "signals" && all.length === 0) return incomplete([noConsumers]);
    const complete = resolveAccount(found.data, this.#texts);
    this.#shared.set(key, complete);
    return { kind: "complete", account: complete };
  }

  /** Null where it is not valid: then all of the account is checked, and every problem is reported. */
  #identityOf(written: { readonly resourceId: string }, location: string): ReturnType<typeof identityOf> | null {
    const { shape } = this.#schema;
    const secret = valid(shape.secret, mergedSecret(this.#context, written, location));
    const resourceId = valid(shape.resourceId, written.resourceId);
    if (resourceId === null || secret === null) return null;
    return identityOf({ resourceId, secret, name: undefined }, this.#texts);
  }
}

const incomplete = (problems: readonly string[]): Completed => ({ kind: "incomplete", problems });

const unknownProfile =
  "the tag names a profile that the configuration does not hold: correct the tag, or add the profile";

const noConsumers =
  "mode signals needs consumers, and neither the profile nor the account's tags name any: add the tag for consumers, " +
  "or choose a profile of mode approval or delay";

/** The consumers of the profile and those of the tag. A tag adds consumers and says how many instances one has. */
const withTagged = (ofProfile: readonly unknown[], tagged: readonly TaggedConsumer[]): readonly unknown[] => {
  const byName = new Map(tagged.map((consumer) => [consumer.name, consumer]));
  const known = ofProfile.map((consumer) => {
    const name = asObject(consumer)["name"];
    const instances = typeof name === "string" ? byName.get(name)?.instances : null;
    return instances === undefined || instances === null ? consumer : { ...asObject(consumer), instances };
  });
  const names = new Set(ofProfile.map((consumer) => asObject(consumer)["name"]));
  const added = tagged
    .filter(({ name }) => !names.has(name))
    .map(({ name, instances }) => (instances === null ? { name } : { name, instances }));
  return [...known, ...added];
};
