import { historyContract } from "../suites/history-suite";
import { noticesContract } from "../suites/notices-suite";
import { rotationsContract } from "../suites/rotations-suite";
import { signalsContract } from "../suites/signals-suite";
import { ticksContract } from "../suites/ticks-suite";
import { openTablesWorld } from "./tables-world";

rotationsContract("Azure Tables", openTablesWorld);

ticksContract("Azure Tables", openTablesWorld);

noticesContract("Azure Tables", openTablesWorld);

signalsContract("Azure Tables", openTablesWorld);

historyContract("Azure Tables", openTablesWorld);
