import { execFileSync } from "node:child_process";

const compilers = [
  { command: "bicep", build: ["build"] },
  { command: "az", build: ["bicep", "build", "--file"] },
] as const;

const exists = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Compiles the template with the Bicep on this machine, alone or in the Azure CLI. False where there is none. */
export const compileTemplate = (bicep: string, target: string): boolean => {
  const found = compilers.find(({ command }) => exists(command));
  if (found === undefined) return false;
  execFileSync(found.command, [...found.build, bicep, "--outfile", target], { stdio: ["ignore", "ignore", "inherit"] });
  return true;
};
