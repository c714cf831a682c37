import {
  assignBatchRole,
  assignSecretRole,
  batchRemedies,
  isGrant,
  tableRemedies,
  withIdentity,
} from "../../lib/remedies";
import { anAccount } from "../builders/account";

const { batch, secret } = anAccount();
const principal = "0b7c1a2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d";

describe("a remedy", () => {
  it("assigns the role for Batch on the account, to an identity that is not known yet", () => {
    expect(assignBatchRole(batch)).toBe(
      "az role assignment create --assignee-object-id <object id of the app's identity> " +
        '--assignee-principal-type ServicePrincipal --role "<your role whose name begins with Batch Key Rotator>" ' +
        `--scope ${batch.resourceId}`,
    );
  });

  it("names the identity wherever it is known", () => {
    expect(withIdentity(assignBatchRole(batch), principal)).toContain(`--assignee-object-id ${principal} `);
    expect(withIdentity(assignBatchRole(batch), null)).toBe(assignBatchRole(batch));
    expect(withIdentity(tableRemedies.forbidden("BatchKeyRotations", "rotatorstore"), principal)).toContain(principal);
  });

  it("assigns the role for the secret on that secret alone", () => {
    const scope = "$(az keyvault show --name render --query id --output tsv)/secrets/renderweu-batch-key";
    expect(assignSecretRole(secret).endsWith(`--role "Key Vault Secrets Officer" --scope "${scope}"`)).toBe(true);
  });

  it("asks for a right, or for something that no right helps with", () => {
    expect(isGrant(batchRemedies.forbidden(batch, "Microsoft.Batch/batchAccounts/read"))).toBe(true);
    expect(isGrant(batchRemedies.locked(batch))).toBe(false);
  });
});
