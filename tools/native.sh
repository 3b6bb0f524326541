build_native() { fail 'not yet'; }
