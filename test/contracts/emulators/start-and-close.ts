import { startEmulators } from "../../emulators/emulators";

/** Run in a child process by a test, which waits for it to end. */
const main = async (): Promise<void> => {
  const emulators = await startEmulators();
  const vault = await emulators.addVault("short-lived");
  emulators.faults.add({ route: "vault.challenge", when: "after", kind: "status", status: 500, late: 60_000 });
  await fetch(`${vault.url}/secrets/any?api-version=7.5`);
  await emulators.close();
  console.log("closed");
};

void main();
