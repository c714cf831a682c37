import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { openTables } from "../../../lib/azure/tables/tables";
import { startAzurite } from "../../emulators/azurite";
import { testCertificates } from "../../emulators/certificate-authority";
import { rotationsContract } from "../suites/rotations-suite";
import { openEmulatedWorld } from "./emulated-world";
import { countingIds } from "./tables-world";

const startAzuriteWithTokens = async () => {
  const folder = mkdtempSync(join(tmpdir(), "azurite-tokens-"));
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const { cert, key } = await testCertificates();
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  const azurite = await startAzurite({ tls: files });
  return {
    tableServiceUri: `https://127.0.0.1:${azurite.port}/devstoreaccount1`,
    stop: async () => {
      await azurite.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

rotationsContract("Azure Tables with a token of the managed identity", async () => {
  const world = await openEmulatedWorld();
  const azurite = await startAzuriteWithTokens();
  const { tableServiceUri } = azurite;
  const tables = openTables(
    { kind: "identity", tableServiceUri, credential: world.credential },
    "BatchKey",
    countingIds(),
  );
  return {
    rotations: new RotationTable(tables.rotations),
    close: async () => {
      await azurite.stop();
      await world.close();
    },
  };
});
