import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';

/** A JSON Schema (draft 2020-12 as far as ajv's default instance knows it). */
export type JsonSchema = { readonly [keyword: string]: unknown };

type Members<Properties, Required> = {
  [Key in keyof Properties as Key extends Required ? Key : never]: SchemaValue<Properties[Key]>;
} & { [Key in keyof Properties as Key extends Required ? never : Key]?: SchemaValue<Properties[Key]> };

type RequiredOf<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never;

/**
 * The TypeScript type of what a schema accepts: const, enum, anyOf and type (one name). Objects with `properties` are
 * typed by them, those with an `additionalProperties` schema are records; what else there may be is JSON.
 */
export type SchemaValue<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly anyOf: readonly (infer Choice)[] }
      ? SchemaValue<Choice>
      : Schema extends { readonly type: infer Type }
        ? TypedValue<Schema, Type>
        : JsonValue;

type TypedValue<Schema, Type> = Type extends 'string'
  ? string
  : Type extends 'integer' | 'number'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? Schema extends { readonly items: infer Items }
            ? SchemaValue<Items>[]
            : JsonValue[]
          : Type extends 'object'
            ? ObjectValue<Schema>
            : JsonValue;

type ObjectValue<Schema> = Schema extends { readonly properties: infer Properties }
  ? Members<Properties, RequiredOf<Schema>>
  : Schema extends { readonly additionalProperties: infer Value extends JsonSchema }
    ? Record<string, SchemaValue<Value>>
    : JsonObject;
