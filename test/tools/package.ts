import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import packageJson from "../../package.json";

const projectRoot = path.resolve(__dirname, "../..");

/**
 * Creates the folder to deploy: the bundle, `host.json` and a `package.json` that names the bundle.
 * It lists no dependencies, since the bundle contains them: nothing is installed in Azure.
 */
export const packageApp = (folder: string, bundle: string): readonly { name: string; bytes: number }[] => {
  if (!existsSync(bundle)) {
    throw new Error(`${path.relative(projectRoot, bundle)} does not exist: run npm run build first`);
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const main = path.basename(bundle);
  cpSync(bundle, path.join(folder, main));
  cpSync(path.join(projectRoot, "host.json"), path.join(folder, "host.json"));
  const { name, version, engines } = packageJson;
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify({ name, version, main, engines }, null, 2)}\n`);
  return [main, "host.json", "package.json"].map((file) => ({
    name: file,
    bytes: statSync(path.join(folder, file)).size,
  }));
};

const main = (): void => {
  const folder = path.join(projectRoot, "dist/app");
  const files = packageApp(folder, path.join(projectRoot, packageJson.main));
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
