-- How soon the server notices that pgtend was killed, and stops its work. Servers on some platforms refuse it.
set client_connection_check_interval = '1s'
