import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { clouds } from "../../lib/config/clouds";
import { completeAccount, configurationSchema } from "../../lib/config/schema/configuration-schema";

export const schemaPath = join(__dirname, "../../rotation.schema.json");

/** The JSON Schema of the configuration, made from the app's own schema. Editors support draft 7 best. */
export const schemaText = (): string => {
  const rules = { emulated: false, vaultDomain: clouds.AzurePublic.vaultDomain, defaultVaultUrl: null };
  const schema = configurationSchema(completeAccount(rules), rules);
  return `${JSON.stringify(z.toJSONSchema(schema, { io: "input", target: "draft-7" }), null, 2)}\n`;
};

if (require.main === module) writeFileSync(schemaPath, schemaText());
