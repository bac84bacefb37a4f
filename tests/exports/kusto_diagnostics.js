// node kusto_diagnostics.js PACKAGE TABLES.json QUERY.kql…: what Microsoft's language service says of each query.
const fs = require("fs"), path = require("path"), vm = require("vm");
const [folder, tables, ...queries] = process.argv.slice(2);
for (const name of ["bridge", "bridge.meta", "Kusto.Language.Bridge", "Kusto.Language.Bridge.meta"]) {
  const file = path.join(folder, `${name}.min.js`);
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
}
const { KustoCode, GlobalState, Symbols } = Kusto.Language;
// Constructors of overloaded classes are numbered by the compiler that made the package: these take a name and a schema.
const known = Object.entries(JSON.parse(fs.readFileSync(tables, "utf8"))).map(
  ([name, columns]) => new Symbols.TableSymbol.$ctor7(name, `(${columns.join(", ")})`),
);
const state = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("telemetry", known));
for (const query of queries) {
  const code = KustoCode.ParseAndAnalyze(fs.readFileSync(query, "utf8"), state);
  const told = code.GetDiagnostics();
  for (let n = 0; n < System.Array.getCount(told); n++) {
    const each = System.Array.getItem(told, n);
    console.log(`${path.basename(query)}: ${each.Severity}: ${each.Message}: ${JSON.stringify(code.Text.substr(each.Start, 40))}`);
  }
}
console.log(`${queries.length} read`);
