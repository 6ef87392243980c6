// What every package exports that can be called, read off the types: the parameters, and the options with what they may be.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One way to call something. */
export interface Signature {
  /** How many arguments come before the options. */
  readonly places: number;
  /** Its options by name, with the kinds of values that they take; undefined where it has none. */
  readonly options: ReadonlyMap<string, ReadonlySet<ValueKind>> | undefined;
}

export type ValueKind = 'number' | 'string' | 'boolean' | 'function' | 'object';

export interface Callable {
  readonly entry: string;
  readonly name: string;
  readonly isClass: boolean;
  readonly signatures: readonly Signature[];
}

/** The entry points of all packages, as paths of sources by the names that others import. */
export function entryPoints(): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const folder of readdirSync(join(root, 'packages'))) {
    const file = join(root, 'packages', folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, exports } = JSON.parse(readFileSync(file, 'utf8')) as {
      name: string;
      exports: Record<string, { '@dl/source'?: string } | string>;
    };
    for (const [key, value] of Object.entries(exports)) {
      const source = typeof value === 'object' ? value['@dl/source'] : undefined;
      if (source !== undefined) entries.set(name + key.slice(1), join(root, 'packages', folder, source));
    }
  }
  return entries;
}

/** Functions and classes that can be made, of every entry point; each where it stands first. */
export function callables(entries: ReadonlyMap<string, string>): Callable[] {
  const file = join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(file));
  const program = ts.createProgram([...entries.values()], options);
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  const found: Callable[] = [];
  for (const [entry, path] of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (seen.has(symbol) || !(symbol.flags & ts.SymbolFlags.Value) || symbol.valueDeclaration === undefined) continue;
      seen.add(symbol);
      const type = checker.getTypeOfSymbol(symbol);
      const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
      const signatures = isClass ? type.getConstructSignatures() : type.getCallSignatures();
      const isAbstract =
        isClass && (ts.getCombinedModifierFlags(symbol.valueDeclaration) & ts.ModifierFlags.Abstract) !== 0;
      if (signatures.length === 0 || isAbstract) continue;
      found.push({
        entry,
        name: exported.name,
        isClass,
        signatures: signatures.map((signature) => read(signature, checker, symbol.valueDeclaration!)),
      });
    }
  }
  return found;
}

function read(signature: ts.Signature, checker: ts.TypeChecker, at: ts.Node): Signature {
  const parameters = signature.getParameters();
  const last = parameters.at(-1);
  const declaration = last?.valueDeclaration as ts.ParameterDeclaration | undefined;
  if (last === undefined) return { places: 0, options: undefined };
  let type = checker.getTypeOfSymbolAtLocation(last, at);
  let places = parameters.length - 1;
  if (declaration?.dotDotDotToken !== undefined) {
    // The options of an op are a tuple of none or one.
    if (!checker.isTupleType(type)) return { places: Number.POSITIVE_INFINITY, options: undefined };
    const elements = checker.getTypeArguments(type as ts.TypeReference);
    if (elements.length === 0) return { places, options: undefined };
    if (elements.length > 1) return { places: Number.POSITIVE_INFINITY, options: undefined };
    type = elements[0]!;
  } else if (!isNamedOptions(declaration)) {
    return { places: places + 1, options: undefined };
  }
  const options = new Map<string, Set<ValueKind>>();
  for (const property of checker.getNonNullableType(type).getProperties()) {
    options.set(property.name, kindsOf(checker.getTypeOfSymbolAtLocation(property, at), checker));
  }
  places = Math.max(places, 0);
  return { places, options };
}

function isNamedOptions(declaration: ts.ParameterDeclaration | undefined): boolean {
  if (declaration === undefined) return false;
  const text = declaration.type?.getText() ?? '';
  return (
    ts.isObjectBindingPattern(declaration.name) || declaration.name.getText() === 'options' || /Options\b/.test(text)
  );
}

function kindsOf(type: ts.Type, checker: ts.TypeChecker): Set<ValueKind> {
  const kinds = new Set<ValueKind>();
  for (const part of type.isUnion() ? type.types : [type]) {
    if (part.flags & ts.TypeFlags.NumberLike) kinds.add('number');
    else if (part.flags & ts.TypeFlags.StringLike) kinds.add('string');
    else if (part.flags & ts.TypeFlags.BooleanLike) kinds.add('boolean');
    else if (part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) continue;
    else if (part.getCallSignatures().length > 0) kinds.add('function');
    else if (part.flags & ts.TypeFlags.Object || checker.isArrayType(part)) kinds.add('object');
    // What is generic may be anything.
    else for (const kind of ['number', 'string', 'boolean', 'function', 'object'] as const) kinds.add(kind);
  }
  return kinds;
}
