import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import packageJson from "../../package.json";
import { accountsToPackage } from "./packaged-accounts";

const projectRoot = path.resolve(__dirname, "../..");

/**
 * Creates the folder to deploy: the bundle, `host.json`, `openapi.json`, a `package.json` that names the bundle, and
 * `accounts.json` where a file with accounts is given. No dependencies are listed, since the bundle contains them:
 * nothing is installed in Azure. Throws where the accounts are wrong, with every problem.
 */
export const packageApp = (
  folder: string,
  bundle: string,
  accountsFile: string | null = null,
): readonly { name: string; bytes: number }[] => {
  if (!existsSync(bundle)) {
    throw new Error(`${path.relative(projectRoot, bundle)} does not exist: run npm run build first`);
  }
  const accounts = accountsFile === null ? null : accountsToPackage(accountsFile);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const main = path.basename(bundle);
  cpSync(bundle, path.join(folder, main));
  cpSync(path.join(projectRoot, "host.json"), path.join(folder, "host.json"));
  const openApi: unknown = JSON.parse(readFileSync(path.join(projectRoot, "docs/openapi.json"), "utf8"));
  writeFileSync(path.join(folder, "openapi.json"), JSON.stringify(openApi));
  const { name, version, engines } = packageJson;
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify({ name, version, main, engines }, null, 2)}\n`);
  if (accounts !== null) writeFileSync(path.join(folder, "accounts.json"), accounts);
  return readdirSync(folder).map((file) => ({
    name: file,
    bytes: statSync(path.join(folder, file)).size,
  }));
};

const main = (): void => {
  const folder = path.join(projectRoot, "dist/app");
  const files = packageApp(
    folder,
    path.join(projectRoot, packageJson.main),
    path.join(projectRoot, "infra/accounts.json"),
  );
  const sizes = files.map(({ name, bytes }) => `${name} ${(bytes / 1024).toFixed(1)} KiB`).join(", ");
  console.log(`${path.relative(projectRoot, folder)}: ${sizes}`);
};

if (require.main === module) {
  try {
    main();
  } catch (problem) {
    console.error(`package failed: ${problem instanceof Error ? problem.message : String(problem)}`);
    process.exitCode = 1;
  }
}
