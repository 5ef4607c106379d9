import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { yamlSchema } from "../packages/belfry/src/define/json-schema.ts";

// Writes the schema that editors read beside YAML: `npm run schema` after a change of the options.
const file = join(import.meta.dirname, "../packages/belfry/belfry.schema.json");
writeFileSync(file, `${JSON.stringify(yamlSchema(), null, 2)}\n`);
