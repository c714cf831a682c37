import type { AccountSchema } from "../schema/configuration-schema";
import { batchIdParts } from "../schema/identity-fields";
import { mergedSecret, type MergeContext, type Unchecked } from "../merge";
import { type Report, valid } from "./parts";

/** An account's name; null where it is not known. */
const nameOf = (schema: AccountSchema, account: Unchecked): string | null => {
  if (account["name"] !== undefined) return valid(schema.shape.name, account["name"]) ?? null;
  const id = valid(schema.shape.resourceId, account["resourceId"]);
  return id === null ? null : (batchIdParts(id)?.accountName ?? null);
};

/** In lower case. */
export const namesOf = (schema: AccountSchema, accounts: readonly Unchecked[]): ReadonlySet<string> =>
  new Set(accounts.map((account) => nameOf(schema, account)?.toLowerCase()).filter((name) => name !== undefined));

type IdentityOf = (schema: AccountSchema, account: Unchecked, context: MergeContext) => string | null;

interface Identity {
  readonly key: readonly string[];
  readonly same: string;
  readonly remedy: string;
  readonly of: IdentityOf;
}

/** What must differ between accounts, without case, as Azure compares names; null where it is not known. */
const identities: readonly Identity[] = [
  {
    key: ["name"],
    same: "has the same name as",
    remedy: "give one of them a name of its own",
    of: nameOf,
  },
  {
    key: ["resourceId"],
    same: "is the same Batch account as that of",
    remedy: "keep one of them",
    of: (schema, account) => {
      const id = valid(schema.shape.resourceId, account["resourceId"]);
      const batch = id === null ? null : batchIdParts(id);
      return batch && `${batch.subscriptionId}/${batch.resourceGroup}/${batch.accountName}`;
    },
  },
  {
    key: ["secret"],
    same: "is the same secret as that of",
    remedy: "give each account a secret of its own",
    of: (schema, account, context) => {
      const { vaultUrl, name } = valid(schema.shape.secret, mergedSecret(context, account)) ?? {};
      return vaultUrl === undefined ? null : `${new URL(vaultUrl).origin}/${name}`;
    },
  },
];

/** Reports two accounts that share what must differ between them. */
export const checkDistinct = (
  schema: AccountSchema,
  accounts: readonly Unchecked[],
  context: MergeContext,
  report: Report,
): void => {
  for (const { key, same, remedy, of } of identities) {
    const firstWith = new Map<string, number>();
    accounts.forEach((account, i) => {
      const identity = of(schema, account, context)?.toLowerCase();
      const first = identity === undefined ? undefined : firstWith.get(identity);
      if (first !== undefined) report(["accounts", i, ...key], `${same} accounts/${first}: ${remedy}`);
      else if (identity !== undefined) firstWith.set(identity, i);
    });
  }
};
