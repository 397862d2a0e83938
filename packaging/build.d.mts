/** Into `out`, from which everything earlier is removed. @returns the files made */
export function makePackages(out?: string): Promise<string[]>;
