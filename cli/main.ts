import { processSurroundings } from "./process-surroundings";
import { runCommandLine } from "./program";

const main = async (): Promise<void> => {
  process.exitCode = await runCommandLine(process.argv.slice(2), processSurroundings());
};

void main();
