import { createRequire } from "node:module";
import path from "node:path";
import { projectRoot } from "../../unit/infra/bicep";

/** The part of its declarations that is used here. */
interface Kusto {
  readonly Language: {
    readonly KustoCode: { ParseAndAnalyze(text: string, globals: unknown): { GetDiagnostics(): KustoList } };
    readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
    readonly Symbols: {
      readonly ScalarTypes: Readonly<Record<string, unknown>>;
      readonly ColumnSymbol: new (...parts: readonly unknown[]) => unknown;
      readonly TableSymbol: { readonly $ctor4: new (name: string, columns: readonly unknown[]) => unknown };
      readonly DatabaseSymbol: {
        readonly $ctor1: new (name: string, tables: readonly unknown[], open: boolean) => unknown;
      };
    };
  };
}
interface KustoList {
  readonly Count: number;
  getItem(index: number): { readonly Message: string };
}

/** The columns that the queries use, as documented by Microsoft. */
const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AppTraces: { TimeGenerated: "DateTime", Message: "String" },
  AppRequests: { TimeGenerated: "DateTime", OperationName: "String", Success: "Bool", ResultCode: "String" },
  AZKVAuditLogs: {
    TimeGenerated: "DateTime",
    OperationName: "String",
    HttpStatusCode: "Int",
    Id: "String",
    RequestUri: "String",
    CallerIpAddress: "String",
    ClientInfo: "String",
    Identity: "Dynamic",
  },
  AzureActivity: {
    TimeGenerated: "DateTime",
    OperationNameValue: "String",
    ActivityStatusValue: "String",
    Caller: "String",
    CallerIpAddress: "String",
    _ResourceId: "String",
  },
};

const workspaceOf = ({ Language }: Kusto): unknown => {
  const { ScalarTypes, ColumnSymbol, TableSymbol, DatabaseSymbol } = Language.Symbols;
  const symbols = Object.entries(tables).map(
    ([name, columns]) =>
      new TableSymbol.$ctor4(
        name,
        Object.entries(columns).map(
          ([column, type]) => new ColumnSymbol(column, ScalarTypes[type], null, null, null, null),
        ),
      ),
  );
  return Language.GlobalState.Default.WithDatabase(new DatabaseSymbol.$ctor1("workspace", symbols, false));
};

/** What Microsoft's parser objects to in a query over these tables. */
export const loadKusto = (): ((text: string) => readonly string[]) => {
  const load = createRequire(path.join(projectRoot, "package.json"));
  load("@kusto/language-service-next/bridge.min");
  load("@kusto/language-service-next/Kusto.Language.Bridge.min");
  const parser: Kusto = Reflect.get(globalThis, "Kusto");
  const workspace = workspaceOf(parser);
  return (text) => {
    const found = parser.Language.KustoCode.ParseAndAnalyze(text, workspace).GetDiagnostics();
    return Array.from({ length: found.Count }, (_, i) => found.getItem(i).Message);
  };
};
