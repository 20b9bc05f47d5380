/** A sentence that says what stopped the deployment and what to do; no stack is shown for it. */
export class DeployError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "DeployError";
  }
}
