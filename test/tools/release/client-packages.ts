import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildClient } from "../build-client";
import { zip } from "./zip";

const clients = path.resolve(__dirname, "../../../clients");

/** The package of the Node client, as `npm publish` sends it. Returns its file. */
export const packNodeClient = async (target: string): Promise<string> => {
  const folder = mkdtempSync(path.join(tmpdir(), "node-client-"));
  try {
    for (const file of ["package.json", "README.md", "LICENSE"])
      cpSync(path.join(clients, "node", file), path.join(folder, file));
    await buildClient(path.join(folder, "dist"));
    const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", target];
    const [packed]: readonly { readonly filename: string }[] = JSON.parse(
      execFileSync("npm", options, { cwd: folder, encoding: "utf8" }),
    );
    if (packed === undefined) throw new Error("npm pack has made no file");
    return path.join(target, packed.filename.replace("@", "").replace("/", "-"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const memberOf = (project: string, name: string): string => {
  const [, value] = new RegExp(`^${name} = "(.+)"$`, "m").exec(project) ?? [];
  if (value === undefined) throw new Error(`pyproject.toml has no ${name}`);
  return value;
};

const metadata = (project: string, readme: string): string =>
  [
    "Metadata-Version: 2.1",
    ...["name", "version"].map((name) => `${name === "name" ? "Name" : "Version"}: ${memberOf(project, name)}`),
    `Summary: ${memberOf(project, "description")}`,
    `Requires-Python: ${memberOf(project, "requires-python")}`,
    "License: MIT",
    "Description-Content-Type: text/markdown",
    "",
    readme,
  ].join("\n");

/** The wheel of the Python client: https://packaging.python.org/specifications/binary-distribution-format. */
export const packPythonClient = (target: string): string => {
  const source = path.join(clients, "python");
  const project = readFileSync(path.join(source, "pyproject.toml"), "utf8");
  const name = memberOf(project, "name").replaceAll("-", "_");
  const version = memberOf(project, "version");
  const info = `${name}-${version}.dist-info`;
  const code = path.join(source, "src", name);
  const files = [
    ...readdirSync(code)
      .filter((file) => file.endsWith(".py"))
      .toSorted()
      .map((file) => ({ name: `${name}/${file}`, data: readFileSync(path.join(code, file)) })),
    {
      name: `${info}/METADATA`,
      data: Buffer.from(metadata(project, readFileSync(path.join(source, "README.md"), "utf8"))),
    },
    { name: `${info}/WHEEL`, data: Buffer.from("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n") },
    { name: `${info}/LICENSE`, data: readFileSync(path.join(source, "LICENSE")) },
    {
      name: `${info}/entry_points.txt`,
      data: Buffer.from(`[console_scripts]\nbatch-key-client = ${memberOf(project, "batch-key-client")}\n`),
    },
  ];
  const record = files.map((file) => {
    const hash = createHash("sha256").update(file.data).digest("base64url");
    return `${file.name},sha256=${hash},${file.data.length}\n`;
  });
  const all = [...files, { name: `${info}/RECORD`, data: Buffer.from(`${record.join("")}${info}/RECORD,,\n`) }];
  const file = path.join(target, `${name}-${version}-py3-none-any.whl`);
  writeFileSync(file, zip(all));
  return file;
};
