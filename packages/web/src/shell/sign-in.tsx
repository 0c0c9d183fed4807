import type { ReactNode } from "react";

/** What somebody sees who is not let in: how to get in. */
export function SignIn({ why }: { readonly why: string | undefined }): ReactNode {
  return (
    <main className="sign-in">
      <img src="/favicon.svg" alt="" width="48" height="48" />
      <h1>Holdfast</h1>
      {why !== undefined && (
        <p role="alert" className="sign-in-why">
          This link did not work: {why}
        </p>
      )}
      <p>This browser is signed out. In a terminal on the machine where the daemon runs:</p>
      <pre>
        <code>holdfast dashboard</code>
      </pre>
      <p>It opens this page, or prints a link that works once and for a minute.</p>
    </main>
  );
}
