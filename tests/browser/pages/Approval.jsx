/** The least that answers an interrupt, and looks the same in both APIs. */
export function Approval({ value, answer }) {
  return (
    <p role="group" data-testid="approval">
      {value?.message}{" "}
      <button onClick={() => answer({ approved: true, comment: "" })}>Approve</button>{" "}
      <button onClick={() => answer({ approved: false, comment: "" })}>Refuse</button>
    </p>
  );
}
