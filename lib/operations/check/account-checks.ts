import { slotOf } from "../../driver/steps/key-operations";
import type { Problem } from "../../errors";
import type { BatchAccount, SlotKeys } from "../../ports/batch-keys";
import type { EnabledVersion } from "../../ports/secret-publisher";
import { assignBatchRole, batchRemedies, withIdentity } from "../../remedies";
import type { AccountConfig } from "../../rotation/account-config";
import { type AccountSearch, copyRemedy, placesInWords } from "../../rotation/gate/key-copies";
import { bad, type Check, good, untried, warning } from "./checks";
import type { StatusBody } from "../status/status";

export const regenerateAction = "Microsoft.Batch/batchAccounts/regenerateKeys/action";
const setSecretAction = "Microsoft.KeyVault/vaults/secrets/setSecret/action";

/** Optional settings that the rotator goes on without. */
export const settingsChecks = (unresolved: readonly Problem[]): readonly Check[] =>
  unresolved.map(({ at, problem }) => {
    const [what = "", ...remedy] = problem.split(": ");
    return bad(`setting ${at}`, what, remedy.join(": "));
  });

export const identityCheck = (principal: string | null): Check =>
  good("identity", principal === null ? "the app's identity gets tokens" : `the app's identity is ${principal}`);

export const sharedKeyCheck = ({ batch }: AccountConfig, account: BatchAccount): Check =>
  account.sharedKeyAllowed
    ? good("sharedKey", "the account allows shared keys")
    : bad(
        "sharedKey",
        "the account does not allow shared keys, so there is nothing to rotate",
        batchRemedies.allowSharedKeys(batch),
      );

/** `allowed`: null where the role assignments cannot be read. */
export const regenerateCheck = ({ batch }: AccountConfig, principal: string | null, allowed: boolean | null): Check => {
  if (allowed === null) {
    return untried("regenerateKeys", "not tried, as it would replace a key; the role assignments cannot be read");
  }
  return allowed
    ? good("regenerateKeys", "granted by a role assignment; not tried, as it would replace a key")
    : bad(
        "regenerateKeys",
        `no role assignment grants ${regenerateAction}`,
        withIdentity(assignBatchRole(batch), principal),
      );
};

export const dataPlaneCheck = (answer: "accepted" | "refused"): Check =>
  answer === "accepted"
    ? good("dataPlane", "a call signed with the primary key is accepted")
    : bad(
        "dataPlane",
        "Batch refuses a call signed with its own primary key",
        "check this app's clock, and again in some minutes; a key that was just regenerated may need time",
      );

/** Places of each key that a check names. */
const maxPlaces = 10;

/** A copy breaks its task when that key is regenerated, so it is a warning: nothing is broken yet. */
export const keyCopiesCheck = ({ copies, objects, incomplete }: AccountSearch): Check => {
  const partly = incomplete === null ? "" : `; not everything was searched: ${incomplete}`;
  const searched = `${objects} pools, jobs, job schedules and tasks were searched${partly}`;
  if (copies.length === 0) return good("keyCopies", `the account itself holds no copy of a key: ${searched}`);
  const found = (["primary", "secondary"] as const).flatMap((slot) => {
    const places = copies.filter((copy) => copy.slot === slot);
    return places.length === 0 ? [] : [`the ${slot} key is in ${placesInWords(places, maxPlaces)}`];
  });
  return warning(
    "keyCopies",
    `the account itself holds copies of its keys: ${found.join("; ")}; ${searched}`,
    copyRemedy,
  );
};

export const vaultReadCheck = (newest: EnabledVersion | null, keys: SlotKeys | null): Check => {
  if (newest === null)
    return good("vaultRead", "the secret does not exist yet: adopting the account will publish the primary key");
  if (keys === null) return good("vaultRead", `the newest version is ${newest.version}`);
  const slot = slotOf(keys, newest.key);
  return good(
    "vaultRead",
    slot === null
      ? `the newest version, ${newest.version}, holds neither live key: ` +
          "adopting the account will publish the primary key over it"
      : `the newest version, ${newest.version}, holds the ${slot} key`,
  );
};

export const vaultWriteCheck = (newest: EnabledVersion | null): Check => {
  const byRotator = newest?.rotationId ? "; the newest version was published by a rotator" : "";
  return untried(
    "vaultWrite",
    "not tried, as it would publish something: " +
      `the first publication shows whether ${setSecretAction} is granted${byRotator}`,
  );
};

export const tablesCheck = (status: StatusBody): Check =>
  status.blocked?.reason === "RecordCorrupt" || status.blocked?.reason === "RecordElsewhere"
    ? bad("tables", "the stored record cannot be used", status.blocked.remedy)
    : good("tables", status.phase === null ? "reachable; no record yet" : `reachable; phase ${status.phase}`);

const isOnPlatform = ({ consumers }: AccountConfig["gate"], consumer: string): boolean =>
  consumers.some(({ name, platform }) => name === consumer && platform !== null);

/** Of those that report for themselves. */
export const consumerChecks = ({ gate }: AccountConfig, status: StatusBody | null): readonly Check[] =>
  (status?.consumers ?? [])
    .filter(({ name }) => !isOnPlatform(gate, name))
    .map(({ name, state, instances }) => {
      const check = `signals of ${name}`;
      if (instances.length > 0) {
        const reported = instances.length === 1 ? "1 instance has" : `${instances.length} instances have`;
        return good(check, `${state}: ${reported} reported`);
      }
      return bad(
        check,
        "no instance has reported yet, so the gate would stay shut",
        `let ${name} post its health to /api/accounts/${status?.account}/signals, or configure its healthUrl`,
      );
    });

/** Where proof is optional, the gate relies on the word of every caller with the function's key. */
export const proofChecks = ({ gate }: AccountConfig): readonly Check[] =>
  gate.consumers
    .filter(({ platform }) => platform === null)
    .map(({ name, proof }) =>
      proof === "required"
        ? good(`proof of ${name}`, "only signed reports count")
        : warning(
            `proof of ${name}`,
            `any caller with the key of the function receiveSignal can report for an instance of ${name} ` +
              "that does not sign its reports",
            `let ${name} sign its reports (docs/consumers.md), then set "proof": "required" for it`,
          ),
    );
