import type { AccountSettings } from "../rotation/account-config";
import type { AccountSchema } from "./schema/configuration-schema";
import { mergeAccount, type MergeContext } from "./merge";
import { identityOf, resolveAccount } from "./resolve-account";

/** The configuration is read once in a process: compiling the schema would cost more than it saves. */
const once = { jitless: true };

/**
 * The accounts of a valid configuration. Of many most differ in their identity only: what they share is resolved and
 * kept once.
 */
export const resolveListed = (
  schema: AccountSchema,
  context: MergeContext,
  accounts: readonly unknown[],
): readonly AccountSettings[] => {
  const shared = new Map<string, AccountSettings>();
  const { shape } = schema;
  return accounts.map((account) => {
    const merged = mergeAccount(context, account);
    const { name, resourceId, secret, ...others } = merged;
    const key = JSON.stringify(others);
    const known = shared.get(key);
    if (known === undefined) {
      const resolved = resolveAccount(schema.parse(merged, once));
      shared.set(key, resolved);
      return resolved;
    }
    const own = {
      name: shape.name.parse(name, once),
      resourceId: shape.resourceId.parse(resourceId, once),
      secret: shape.secret.parse(secret, once),
    };
    return { ...known, ...identityOf(own) };
  });
};
