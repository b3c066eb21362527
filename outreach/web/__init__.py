"""What people see: sign-in, the call desk, accounts, the inbox, the supervisor's figures."""
