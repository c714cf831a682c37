import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { openTables } from "../../../lib/azure/tables/tables";
import { testCertificates } from "../../emulators/certificate-authority";
import { rotationsContract } from "../suites/rotations-suite";
import { openEmulatedWorld } from "./emulated-world";
import { countingIds } from "./tables-world";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
};

const started = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Azurite ended with ${code}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString("utf8").includes("successfully started")) resolve();
    });
  });

/** Azurite with tokens: over https only, from any issuer of Azure, for the audience of storage. */
const startAzuriteWithTokens = async () => {
  const folder = mkdtempSync(join(tmpdir(), "azurite-tokens-"));
  const { cert, key } = await testCertificates();
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key);
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      require.resolve("azurite/dist/src/table/main.js"),
      "--silent",
      "--disableTelemetry",
      "--skipApiVersionCheck",
      "--inMemoryPersistence",
      "--oauth=basic",
      "--tableHost=127.0.0.1",
      `--tablePort=${port}`,
      `--cert=${join(folder, "cert.pem")}`,
      `--key=${join(folder, "key.pem")}`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const killWithParent = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithParent);
  await started(child);
  return {
    tableServiceUri: `https://127.0.0.1:${port}/devstoreaccount1`,
    stop: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
      process.off("exit", killWithParent);
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
