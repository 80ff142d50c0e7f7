-- pgtend: no-transaction
-- Messages older than the trigger. Writers work on: a batch locks its rows against deletion only.
call register_thread_messages();
