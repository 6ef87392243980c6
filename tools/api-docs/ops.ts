// Ops are values of type Op<…>, whose last argument is the function that users call: pages show that.

import { type Application, Converter, type DeclarationReflection, ReflectionFlag, ReflectionKind } from 'typedoc';

export function showOpsAsFunctions(app: Application): void {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const op of project.getReflectionsByKind(ReflectionKind.Variable) as DeclarationReflection[]) {
      const { type } = op;
      if (type?.type !== 'reference' || type.name !== 'Op') continue;
      const call = type.typeArguments?.at(-1);
      if (call?.type !== 'reflection' || call.declaration.signatures === undefined) continue;
      op.kind = ReflectionKind.Function;
      op.setFlag(ReflectionFlag.Const, false);
      op.signatures = call.declaration.signatures;
      for (const signature of op.signatures) {
        signature.name = op.name;
        signature.parent = op;
        if (op.comment !== undefined) signature.comment = op.comment;
      }
      delete op.type;
      delete op.comment;
      delete op.defaultValue;
    }
  });
}
