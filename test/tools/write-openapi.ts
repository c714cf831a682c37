import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openApiText } from "./openapi/document";

export const openApiPath = join(__dirname, "../../docs/openapi.json");

if (require.main === module) writeFileSync(openApiPath, openApiText());
