// The error classes of @dl: one per kind of mistake, so that a caller can tell them apart with instanceof.

/** Base of every error that `@dl` throws on purpose. */
export class DlError extends Error {
  override name = 'DlError';
}

/** Shapes, axes or sizes that do not fit an operation. */
export class ShapeError extends DlError {
  override name = 'ShapeError';
}

/** A tensor, or a value, of the wrong dtype. */
export class DTypeError extends DlError {
  override name = 'DTypeError';
}

/** An index or a label that lies outside its range. */
export class IndexError extends DlError {
  override name = 'IndexError';
}

/** An option or argument that is neither a shape, a dtype nor an index: a probability of 2, a missing function. */
export class ArgumentError extends DlError {
  override name = 'ArgumentError';
}

/** No backend chosen, backends mixed, a kernel missing, a device that cannot do what was asked. */
export class BackendError extends DlError {
  override name = 'BackendError';
}

/** Out of memory, or use of a tensor that was freed. */
export class MemoryError extends DlError {
  override name = 'MemoryError';
}

/** A gradient that cannot be computed: no graph, a graph already freed, a value changed since it was saved. */
export class GradientError extends DlError {
  override name = 'GradientError';
}

/** Asynchronous tasks that overlap where the platform cannot tell them apart, so that one would see what the other has set. */
export class ContextError extends DlError {
  override name = 'ContextError';
}

/** A file or a byte stream that is not what it should be. */
export class FormatError extends DlError {
  override name = 'FormatError';
}
