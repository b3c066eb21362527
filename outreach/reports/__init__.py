"""What leaves the house for a person to judge it by: proofs and reports."""
