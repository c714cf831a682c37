import type { AccountSettings } from "../rotation/account-config";
import type { AccountSchema } from "./schema/configuration-schema";
import { asObject, mergeAccount, mergedSecret, type MergeContext, textOfPolicy } from "./merge";
import { identityOf, resolveAccount, withIdentity } from "./resolve-account";
import { SharedTexts } from "../rotation/shared-texts";

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
  const texts = new SharedTexts();
  const { shape } = schema;
  return accounts.map((account) => {
    const written = asObject(account);
    const policy = textOfPolicy(written);
    const known = shared.get(policy);
    if (known === undefined) {
      const resolved = resolveAccount(schema.parse(mergeAccount(context, account), once), texts);
      shared.set(policy, resolved);
      return resolved;
    }
    const name = shape.name.parse(written["name"], once);
    const resourceId = shape.resourceId.parse(written["resourceId"], once);
    const secret = shape.secret.parse(mergedSecret(context, account), once);
    return withIdentity(known, identityOf({ name, resourceId, secret }, texts));
  });
};
