// Writes the reference of all packages as pages, from their sources and READMEs. Whatever the reader would miss is an error:
// an export without documentation, a type that is not exported, a link to nothing.

import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Application, Comment, type DeclarationReflection, type DocumentReflection, ReflectionKind } from 'typedoc';
import { filesBelow, root, workspacePackages } from '../lib/packages.js';
import { sourcesOfEntryPoints } from './entry-sources.js';
import { turnLinks } from './links.js';
import { showOpsAsFunctions } from './ops.js';

const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'docs', 'api') } } });
const packages = workspacePackages();
const entries = sourcesOfEntryPoints(packages);
const documents = filesBelow(join(root, 'docs')).filter((file) => /^(?!api\/).*\.md$/.test(file));

const app = await Application.bootstrap({
  name: '@dl',
  entryPoints: entries.map(({ file }) => file),
  tsconfig: join(root, 'tsconfig.json'),
  readme: 'none',
  projectDocuments: documents.map((file) => join(root, 'docs', file)),
  // `npm run types` checks types.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  hideGenerator: true,
  sort: ['alphabetical-ignoring-documents'],
  navigation: { includeFolders: false },
  highlightLanguages: ['ts', 'sh', 'json', 'python', 'html', 'console'],
  validation: { notExported: true, invalidLink: true, rewrittenLink: true },
});

showOpsAsFunctions(app);
const project = await app.convert();
if (project === undefined) throw new Error('the sources could not be read; `npm run types` says why');

// A parameter that is taken apart in the signature has no name; all of ours are options.
for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
  if (parameter.name === '__namedParameters') parameter.name = 'options';
}

/** The file that TypeDoc will make of a module: its name with other characters as `_`. */
const moduleFile = (name: string): string => `modules/${name.replace(/[^\w.-]/g, '_')}.html`;

/** The name of a document: its path, or for a README that of its folder. */
const documentName = (file: string): string =>
  file === 'README.md' ? 'documentation' : file.replace(/(\/README)?\.md$/, '').replaceAll('/', '_');

const pages = new Map([
  ...packages.map(({ path, manifest }) => [relative(root, path), moduleFile(manifest.name)] as const),
  ...packages.map(
    ({ path, manifest }) => [relative(root, join(path, 'README.md')), moduleFile(manifest.name)] as const,
  ),
  ...documents.map((file) => [`docs/${file}`, `documents/${documentName(file)}.html`] as const),
  ['README.md', 'index.html'] as const,
]);

for (const document of project.getReflectionsByKind(ReflectionKind.Document) as DocumentReflection[]) {
  const file = relative(root, project.files.getReflectionPath(document) ?? '');
  document.name = documentName(relative('docs', file));
  // Links between documents are TypeDoc's; those to packages lead to their pages.
  for (const part of document.content) {
    if (part.kind !== 'relative-link') continue;
    const [path = '', anchor] = part.text.split('#', 2);
    const page = pages.get(join(dirname(file), path));
    if (page === undefined || page.startsWith('documents/')) continue;
    Object.assign(part, { kind: 'text', text: `../${page}${anchor === undefined ? '' : `#${anchor}`}` });
  }
}

/** A README as a comment on a page of the folder `from`. The page has a title already. */
function readme(folder: string, from: string): Comment['summary'] {
  const text = readFileSync(join(root, folder, 'README.md'), 'utf8').replace(/^# .*\n/, '');
  const page = (path: string): string | undefined => {
    const found = pages.get(path);
    return found && from + found;
  };
  return [{ kind: 'text', text: turnLinks(text, folder, page) }];
}

for (const module of project.children ?? []) {
  const entry = entries.find(({ file }) => project.files.getReflectionPath(module) === file);
  if (entry === undefined) throw new Error(`no package has an entry point for the module ${module.name}`);
  module.name = entry.name;
  const home = packages.find(({ manifest }) => manifest.name === entry.name);
  if (home !== undefined) module.comment = new Comment(readme(relative(root, home.path), '../'));
}
project.readme = readme('', '');

// Of options each field is documented, not the whole.
const documented = ReflectionKind.Class | ReflectionKind.Function | ReflectionKind.Variable | ReflectionKind.TypeAlias;
for (const reflection of project.getReflectionsByKind(documented) as DeclarationReflection[]) {
  if (!reflection.hasComment() && !reflection.signatures?.some((signature) => signature.hasComment()))
    app.logger.warn(`${reflection.getFriendlyFullName()} has no documentation: say in a comment before it what it is`);
}

app.validate(project);
await app.generateDocs(project, values.out);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
