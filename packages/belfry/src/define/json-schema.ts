import { z } from "zod";
import { configSchema } from "./config-schema.ts";
import { keyWords } from "./key-words.ts";
import { durationSchema } from "./policy-schema.ts";
import { nameSchema, taskSchema } from "./task-schema.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** `1h30m`, the larger unit first. */
const DURATION = "^\\d+(\\.\\d+)?(ms|[smhdw])((\\d+(\\.\\d+)?)(ms|[smhd]))*$";
/** Marks what only code can write, such as a function. */
const CODE_ONLY = "x-code-only";

/**
 * The schema by which editors complete and check `belfry.yaml` and YAML files of tasks, made from
 * the very schemas that check them when they are loaded. Draft 7: what YAML language servers know.
 *
 * It takes a little more than loading does: a file of tasks may not have all that the configuration
 * may, and what one key says of another only loading knows.
 */
export function yamlSchema(): JsonSchema {
  const config = convert(configSchema);
  const task = convert(taskSchema);
  const tasks: JsonSchema = {
    anyOf: [
      { type: "array", items: { type: "string" } },
      { type: "object", propertyNames: convert(nameSchema), additionalProperties: task },
    ],
  };
  const whole = { ...config, properties: { ...config.properties, tasks } };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Belfry: belfry.yaml, and YAML files of tasks",
    ...described(whole, []),
  };
}

/** Only a reference tells it from the other texts. */
const duration: unknown = durationSchema;

function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      if (zodSchema === duration) jsonSchema.pattern = DURATION;
      if (zodSchema._zod.def.type === "custom") jsonSchema[CODE_ONLY] = true;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return writable(json);
}

/** Without what cannot be written in YAML. In a union, what may be anything would say nothing. */
function writable(schema: JsonSchema): JsonSchema {
  const { anyOf, properties, ...rest } = eachMember(schema, writable);
  const members = anyOf?.filter((member) => !isCodeOnly(member) && Object.keys(member).length > 0);
  const written = Object.entries(properties ?? {}).filter(([, member]) => !isCodeOnly(member));
  return {
    ...rest,
    ...(members === undefined ? {} : { anyOf: members }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(written) }),
  };
}

function isCodeOnly(schema: JsonSchema | boolean): boolean {
  return typeof schema === "object" && CODE_ONLY in schema;
}

/** Says of each key what it is for. */
function described(schema: JsonSchema, path: readonly string[]): JsonSchema {
  return eachMember(schema, (member, step) => {
    if (step === null) return described(member, path);
    const at = [...path, step];
    const inner = described(member, at);
    const words = inner.description ?? keyWords(at);
    return words === null ? inner : { ...inner, description: words };
  });
}

/**
 * The same schema with its members changed.
 *
 * @param change is told the key that leads to the member, `*` for a name of one's own choice, and
 * null for what stands in the same place: a list's items, the ways of a union.
 */
function eachMember(
  schema: JsonSchema,
  change: (member: JsonSchema, step: string | null) => JsonSchema,
): JsonSchema {
  const { anyOf, items, properties, additionalProperties, ...rest } = schema;
  const changed = (member: JsonSchema | boolean, step: string | null): JsonSchema | boolean =>
    typeof member === "boolean" ? member : change(member, step);
  const named = Object.entries(properties ?? {}).map(([name, member]) => [
    name,
    changed(member, name),
  ]);
  return {
    ...rest,
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((member) => change(member, null)) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: changed(items, null) }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(named) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: changed(additionalProperties, "*") }),
  };
}
